"""Stored experiments: changes by authors, running tests, figures and results."""
