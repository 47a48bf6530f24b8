"""Scores of a difference and of a ratio of two shares, at the most likely shares with that value.

Sources: Miettinen and Nurminen, "Comparative analysis of two rates" (1985), closed form of the
cubic, without their factor n/(n-1); L1 has control's n in front of d. Koopman (1984), the
quadratic. Both are arranged to avoid cancellation at rates near 0 and near 1.
"""

from __future__ import annotations

import math

# If the most likely shares have no variance, any other difference is impossible.
_IMPOSSIBLE = 1e6
# Newton's steps; each doubles the correct digits.
_POLISHINGS = 4
# The limit of shares for which the quadratic is a good start.
_SMALL = 0.01


def difference_score(x_a: int, n_a: int, x_b: int, n_b: int, d: float) -> float:
    """T(d): decreasing in d, 0 at the observed difference, the pooled z at 0."""
    if 2 * (x_a + x_b) > n_a + n_b:
        # Near 1, use the shares that did not convert, which are more precise.
        return -_low_difference_score(n_a - x_a, n_a, n_b - x_b, n_b, -d)
    return _low_difference_score(x_a, n_a, x_b, n_b, d)


def ratio_score(x_a: int, n_a: int, x_b: int, n_b: int, ratio: float) -> float:
    """T(ratio): decreasing in the ratio b / a, 0 at the observed one, the pooled z at 1."""
    rest_of_a, rest_of_b = n_a - x_a, n_b - x_b
    tilt = ratio * (n_b + x_a) - (n_a + x_b)
    product = 4 * ratio * rest_of_a * rest_of_b
    root = math.sqrt(tilt * tilt + product)
    # (root + tilt) * (root - tilt) = product: the factor that cancels is computed from the other.
    wide = root + abs(tilt)
    narrow = product / wide if wide else 0.0
    plus, minus = (wide, narrow) if tilt > 0 else (narrow, wide)
    whole = ratio * (n_b + x_a) + n_a + x_b + root
    share_a = 2 * (x_a + x_b) / whole
    rest_a = (plus + 2 * rest_of_a) / whole
    rest_b = (minus + 2 * ratio * rest_of_b) / whole
    variance = ratio * share_a * rest_b / n_b + ratio * ratio * share_a * rest_a / n_a
    return _score(x_b / n_b - ratio * x_a / n_a, variance)


def _low_difference_score(x_a: int, n_a: int, x_b: int, n_b: int, d: float) -> float:
    if d < 0:
        return -_low_difference_score(x_b, n_b, x_a, n_a, -d)
    share_a = _share_of_control(x_a, n_a, x_b, n_b, d)
    share_b = min(1.0, share_a + d)
    variance = share_a * (1 - share_a) / n_a + share_b * (1 - share_b) / n_b
    return _score(x_b / n_b - x_a / n_a - d, variance)


def _score(distance: float, variance: float) -> float:
    if variance > 0:
        score = distance / math.sqrt(variance)
        return min(_IMPOSSIBLE, max(-_IMPOSSIBLE, score))
    return math.copysign(_IMPOSSIBLE, distance) if distance else 0.0


def _share_of_control(x_a: int, n_a: int, x_b: int, n_b: int, d: float) -> float:
    """Control's most likely share if the variant's is larger by `d` >= 0.

    It is the root of the cubic n p3 + l2 p2 + l1 p + l0 between 0 and 1 - d.
    """
    n, x = n_a + n_b, x_a + x_b
    l2 = (n_b + 2 * n_a) * d - n - x
    l1 = (n_a * d - n - 2 * x_a) * d + x
    l0 = x_a * d * (1 - d)
    if x < _SMALL * n and d < _SMALL:
        share = _start_of_small(l2, l1, l0)
    else:
        share = _closed_form(n, l2, l1, l0)
    share = min(1 - d, max(0.0, share))
    for _ in range(_POLISHINGS):
        value = ((n * share + l2) * share + l1) * share + l0
        slope = (3 * n * share + 2 * l2) * share + l1
        if slope == 0:
            break
        share = min(1 - d, max(0.0, share - value / slope))
    return share


def _closed_form(n: int, l2: float, l1: float, l0: float) -> float:
    third = l2 / (3 * n)
    q = third**3 - l1 * l2 / (6 * n * n) + l0 / (2 * n)
    r = math.copysign(math.sqrt(max(0.0, third * third - l1 / (3 * n))), q)
    cosine = min(1.0, max(-1.0, q / r**3)) if r else 1.0
    return 2 * r * math.cos((math.pi + math.acos(cosine)) / 3) - third


def _start_of_small(l2: float, l1: float, l0: float) -> float:
    """The root without the cubic term. `l2` is negative, `l0` is not.

    Two roots of the cubic are so close here that its closed form has no digit of the smaller one.
    """
    root = math.sqrt(l1 * l1 - 4 * l2 * l0)
    return (l1 + root) / (-2 * l2) if l1 >= 0 else 2 * l0 / (root - l1)
