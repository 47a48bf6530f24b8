"""Experiments: tests, who sees which variant, and how a page changes. Pure."""
