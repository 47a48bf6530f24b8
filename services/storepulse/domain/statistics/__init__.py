"""Statistics of experiments: sums of visitors in, figures out. Pure, and sources are named.

A figure that does not exist is None, with a reason (`figures.py`). Nothing here answers NaN or
Infinity. Control is always the first arm, the variant the second.

Modules name parts of scipy as `scipy.special`, so that they load with the first figure that needs
them: they take half a second, and the query service starts without.
"""
