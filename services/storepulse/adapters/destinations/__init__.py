"""The kinds of destinations, one class each."""
