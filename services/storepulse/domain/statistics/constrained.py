"""The score of a difference, and of a ratio, of two shares: the most likely shares that have it.

Sources: Miettinen and Nurminen, "Comparative analysis of two rates" (1985), closed form of the
cubic, without their factor n/(n-1); L1 has control's n in front of d. Koopman (1984), the
quadratic. Both are arranged so that nothing cancels at rates near 0 and near 1.
"""

from __future__ import annotations

import math

# Where the most likely shares have no variance, any other difference is impossible.
_IMPOSSIBLE = 1e6
_POLISHINGS = 3


def difference_score(x_a: int, n_a: int, x_b: int, n_b: int, d: float) -> float:
    """T(d): falls in d, 0 at the difference that was seen, the pooled z at 0."""
    if 2 * (x_a + x_b) > n_a + n_b:
        # Near 1, the share of those who did not convert has the digits.
        return -_low_difference_score(n_a - x_a, n_a, n_b - x_b, n_b, -d)
    return _low_difference_score(x_a, n_a, x_b, n_b, d)


def ratio_score(x_a: int, n_a: int, x_b: int, n_b: int, ratio: float) -> float:
    """T(ratio): falls in the ratio b / a, 0 at the one that was seen, the pooled z at 1."""
    x = x_a + x_b
    tilt = ratio * (n_b + x_a) - (n_a + x_b)
    root = math.sqrt(tilt * tilt + 4 * ratio * (n_a - x_a) * (n_b - x_b))
    whole = ratio * (n_b + x_a) + n_a + x_b + root
    share_a = 2 * x / whole
    rest_a = max(0.0, (whole - 2 * x) / whole)
    rest_b = max(0.0, (whole - 2 * ratio * x) / whole)
    variance = ratio * share_a * rest_b / n_b + ratio * ratio * share_a * rest_a / n_a
    return _score(x_b / n_b - ratio * x_a / n_a, variance)


def _low_difference_score(x_a: int, n_a: int, x_b: int, n_b: int, d: float) -> float:
    share_a = _share_of_control(x_a, n_a, x_b, n_b, d)
    share_b = min(1.0, max(0.0, share_a + d))
    variance = share_a * (1 - share_a) / n_a + share_b * (1 - share_b) / n_b
    return _score(x_b / n_b - x_a / n_a - d, variance)


def _score(distance: float, variance: float) -> float:
    if variance > 0:
        score = distance / math.sqrt(variance)
        return min(_IMPOSSIBLE, max(-_IMPOSSIBLE, score))
    return math.copysign(_IMPOSSIBLE, distance) if distance else 0.0


def _share_of_control(x_a: int, n_a: int, x_b: int, n_b: int, d: float) -> float:
    """Control's most likely share where the variant's is larger by `d`."""
    n, x = n_a + n_b, x_a + x_b
    l2 = (n_b + 2 * n_a) * d - n - x
    l1 = (n_a * d - n - 2 * x_a) * d + x
    l0 = x_a * d * (1 - d)
    third = l2 / (3 * n)
    q = third**3 - l1 * l2 / (6 * n * n) + l0 / (2 * n)
    r = math.copysign(math.sqrt(max(0.0, third * third - l1 / (3 * n))), q)
    cosine = min(1.0, max(-1.0, q / r**3)) if r else 1.0
    share = 2 * r * math.cos((math.pi + math.acos(cosine)) / 3) - third
    low, high = max(0.0, -d), min(1.0, 1 - d)
    share = min(high, max(low, share))
    # Near a double root, arccos loses half of its digits: Newton's steps bring them back.
    value = ((n * share + l2) * share + l1) * share + l0
    for _ in range(_POLISHINGS):
        slope = (3 * n * share + 2 * l2) * share + l1
        if slope == 0 or value == 0:
            break
        better = min(high, max(low, share - value / slope))
        left = ((n * better + l2) * better + l1) * better + l0
        if abs(left) >= abs(value):
            break
        share, value = better, left
    return share
