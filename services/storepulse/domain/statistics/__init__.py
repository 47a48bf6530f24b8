"""Statistics of experiments: sums over visitors in, figures out. Pure, with sources named.

A figure that does not exist is None, with a reason (`figures.py`). Nothing here returns NaN or
Infinity. Control is always the first arm, the variant the second.

Modules name parts of scipy as `scipy.special`, so that these load with the first figure that needs
them: they take half a second, and the query service starts without them.
"""
