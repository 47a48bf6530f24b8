"""Experiments as they are stored: changes by authors, the tests that run, figures and results."""
