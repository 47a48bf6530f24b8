"""Experiments: what a test is, who sees which variant, and what a page becomes of it. Pure."""
