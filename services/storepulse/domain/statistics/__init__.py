"""Statistics of experiments: sums of visitors in, figures out. Pure, and sources are named.

A figure that does not exist is None, with a reason (`figures.py`). Nothing here answers NaN or
Infinity. Control is always the first arm, the variant the second.
"""
