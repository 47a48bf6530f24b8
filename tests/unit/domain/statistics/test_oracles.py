"""Every figure against values that other libraries and 40-digit arithmetic gave.

Each group of the file is one function of `domain/statistics`; a null is a figure that must be
missing. The file asks for six digits; these functions keep nine, also of the smallest figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storepulse.domain.statistics import bayes, caps, holm, planning, sample_ratio, sequential
from storepulse.domain.statistics.cuped import Adjusted, adjust
from storepulse.domain.statistics.figures import (
    Comparison,
    Interval,
    Lift,
    normal_critical,
    normal_p,
)
from storepulse.domain.statistics.means import (
    Arm,
    Contrast,
    always_valid_statistic,
    arm_of,
    compare_always,
    compare_once,
    contrast,
    contrast_means,
    lift_of_means,
)
from storepulse.domain.statistics.proportions import Share, compare_shares, pooled_z
from storepulse.domain.statistics.ratios import contrast_ratios, ratio_arm
from storepulse.domain.statistics.sums import Sums, moments

ORACLES = Path("tests/data/experiments/statistics.json")
GROUPS: dict[str, list[dict[str, Any]]] = json.loads(ORACLES.read_text())["groups"]

Given = dict[str, Any]


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _sums(n: int, y: Any, yy: Any) -> Sums:
    return Sums(n, _decimal(y), _decimal(yy))


def _both(given: Given) -> tuple[Sums, Sums]:
    return (
        _sums(given["n_control"], given["sum_control"], given["sum_sq_control"]),
        _sums(given["n_variant"], given["sum_variant"], given["sum_sq_variant"]),
    )


def _shares(given: Given) -> tuple[Share, Share]:
    return (
        Share(given["x_control"], given["n_control"]),
        Share(given["x_variant"], given["n_variant"]),
    )


def _bounds(name: str, interval: Interval | None) -> Given:
    return {
        f"{name}_low": None if interval is None else interval.low,
        f"{name}_high": None if interval is None else interval.high,
    }


def _lift(lift: Lift) -> Given:
    return {"lift": lift.value, **_bounds("lift", lift.interval)}


def _comparison(comparison: Comparison) -> Given:
    return {
        "diff": comparison.difference,
        "p_value": comparison.p_value,
        **_bounds("diff", comparison.interval),
        **_lift(comparison.lift),
    }


def _z(a: Share, b: Share) -> float:
    return float(pooled_z(a.x, a.n, b.x, b.n))


def _two_proportions(given: Given) -> Given:
    a, b = _shares(given)
    z = _z(a, b)
    comparison = compare_shares(a, b, normal_critical(given["alpha"]), float(normal_p(z)))
    return {"rate_control": a.rate, "rate_variant": b.rate, "z": z, **_comparison(comparison)}


def _contrasted(found: Contrast | str) -> Contrast:
    assert isinstance(found, Contrast), found
    return found


def _welch(given: Given) -> Given:
    a, b = _both(given)
    found = _contrasted(contrast_means(a, b))
    arms = arm_of(a), arm_of(b)
    return {
        "mean_control": arms[0].mean,
        "mean_variant": arms[1].mean,
        "var_control": arms[0].variance,
        "var_variant": arms[1].variance,
        "t": found.difference / found.error,
        "dof": found.degrees,
        **_comparison(compare_once(found, given["alpha"])),
    }


def _lift_fieller(given: Given) -> Given:
    arms = [
        Arm(given[f"n_{arm}"], given[f"mean_{arm}"], given[f"var_{arm}"])
        for arm in ("control", "variant")
    ]
    found = _contrasted(contrast(arms[0], arms[1], arms[1].mean - arms[0].mean, 0.0))
    return _lift(lift_of_means(found, found.error, given["critical"]))


def _holm(given: Given) -> Given:
    corrections = holm.correct(given["p_values"], given["alpha"])
    return {
        "adjusted": [each.adjusted_p for each in corrections],
        "reject": [each.rejects for each in corrections],
        "interval_alpha": [each.level for each in corrections],
    }


def _srm(given: Given) -> Given:
    split = sample_ratio.check_split(given["observed"], given["weights_bp"])
    return {
        "chi2": split.chi_squared,
        "p_value": split.p_value,
        "status": split.status,
        "reason": split.reason,
    }


def _always_valid(given: Given) -> Given:
    alpha, n_star = given["alpha"], given["n_star"]
    if "z" in given:
        k = sequential.critical_value(given["N"], n_star, alpha, given["alpha_interval"])
        p = sequential.always_valid_p(given["z"], given["N"], n_star, alpha)
        return {"k": float(k), "p_value": float(p)}
    n = given["n_control"] + given["n_variant"]
    k = float(sequential.critical_value(n, n_star, alpha))
    if "x_control" in given:
        a, b = _shares(given)
        p = float(sequential.always_valid_p(_z(a, b), n, n_star, alpha))
        return {"z": _z(a, b), "k": k, **_comparison(compare_shares(a, b, k, p))}
    a_sums, b_sums = _both(given)
    found = _contrasted(contrast_means(a_sums, b_sums))
    z = always_valid_statistic(found)
    p = float(sequential.always_valid_p(z, n, n_star, alpha))
    return {
        "se_welch": found.error,
        "se_pooled": found.pooled_error,
        "se": found.robust_error,
        "k": k,
        **_comparison(compare_always(found, k, p)),
    }


def _beta_binomial(given: Given) -> Given:
    a, b = _shares(given)
    belief = bayes.believe_shares(a, b)
    return {
        "prob_beat_control": belief.beats_control,
        "loss_choose_variant": belief.loss_if_chosen,
        "loss_keep_control": belief.loss_if_kept,
        **_bounds("rate_control", bayes.believed_share(a)),
        **_bounds("rate_variant", bayes.believed_share(b)),
        **_bounds("lift", belief.lift),
    }


def _normal_bayes(given: Given) -> Given:
    belief = bayes.believe_means(given["diff"], given["se"])
    return {
        "prob_beat_control": belief.beats_control,
        "loss_choose_variant": belief.loss_if_chosen,
        "loss_keep_control": belief.loss_if_kept,
        **_bounds("diff", belief.difference),
    }


def _pair(given: Given, *names: str) -> list[Sums]:
    return [
        Sums(arm["n"], *(_decimal(arm[f"sum_{name}"]) for name in names))
        for arm in (given["control"], given["variant"])
    ]


def _cuped(given: Given) -> Given:
    a, b = _pair(given, "y", "yy", "x", "xx", "xy")
    adjusted = adjust(a, b)
    assert isinstance(adjusted, Adjusted)
    found = adjusted.contrast
    return {
        "theta": adjusted.theta,
        "se_welch": found.error,
        "se_pooled": found.pooled_error,
        "t": found.difference / found.error,
        "dof": found.degrees,
        "variance_reduction": adjusted.variance_reduction,
        **_comparison(compare_once(found, given["alpha"])),
    }


def _winsor(given: Given) -> Given:
    history = [_decimal(value) for value in given["history_nonzero"]]
    cap = caps.percentile(history, _decimal(given["quantile"]))
    got: Given = {"cap": float(cap)}
    for arm in ("control", "variant"):
        raw = [_decimal(value) for value in given[arm]]
        values = [caps.capped(value, cap) for value in raw]
        sums = Sums(len(values), sum(values, Decimal(0)), sum((v * v for v in values), Decimal(0)))
        got |= {
            f"capped_{arm}": sum(value > cap for value in raw),
            f"n_{arm}": sums.n,
            f"sum_{arm}": float(sums.y),
            f"sum_sq_{arm}": float(sums.yy),
            f"mean_{arm}": moments(sums).mean,
            f"var_{arm}": moments(sums).variance,
        }
    return got


def _ratio(given: Given) -> Given:
    a, b = _pair(given, "m", "mm", "d", "dd", "md")
    found = contrast_ratios(a, b)
    arms = ratio_arm(a), ratio_arm(b)
    got: Given = {
        "ratio_control": arms[0] and arms[0].mean,
        "ratio_variant": arms[1] and arms[1].mean,
    }
    if not isinstance(found, Contrast):
        return got | _comparison(Comparison()) | {"reason": found}
    assert arms[0] is not None
    assert arms[1] is not None
    return got | {
        "unit_var_control": arms[0].variance,
        "unit_var_variant": arms[1].variance,
        "se_welch": found.error,
        "se_pooled": found.pooled_error,
        "t": found.difference / found.error,
        "dof": found.degrees,
        "reason": None,
        **_comparison(compare_once(found, given["alpha"])),
    }


def _power(given: Given) -> Given:
    alpha, power, ratio = given["alpha"], given["power"], given["ratio_variant_to_control"]
    once = planning.planned_once(alpha, power, ratio)
    if "mean" in given:
        n = planning.visitors_for_mean(given["mean"], given["sd"], given["relative_mde"], once)
        effect = planning.detectable_mean(given["mean"], given["sd"], n, once)
        assert effect == pytest.approx(abs(given["relative_mde"]), rel=1e-9)
        return {"n_control": n, "n_variant": n * ratio}
    rate, effect = given["baseline_rate"], given["relative_mde"]
    n = planning.visitors_for_share(rate, effect, once)
    always = planning.planned_always(alpha, alpha, power, ratio)
    found = planning.detectable_share(rate, given["mde_at_n_control"], once)
    assert found is not None
    return {
        "n_control": n,
        "n_variant": n * ratio,
        "n_control_ceil": -(-n // 1),
        "n_variant_ceil": -(-n * ratio // 1),
        "k_star": always.critical,
        "n_control_always_valid": planning.visitors_for_share(rate, effect, always),
        "mde_absolute": found * rate,
        "mde_relative": found,
    }


COMPUTE: dict[str, Callable[[Given], Given]] = {
    "two_proportions": _two_proportions,
    "welch": _welch,
    "lift_fieller": _lift_fieller,
    "holm": _holm,
    "srm": _srm,
    "always_valid": _always_valid,
    "beta_binomial": _beta_binomial,
    "normal_bayes": _normal_bayes,
    "cuped": _cuped,
    "winsor": _winsor,
    "ratio": _ratio,
    "power": _power,
}


def test_every_group_is_computed() -> None:
    assert set(COMPUTE) == set(GROUPS)


@pytest.mark.parametrize(
    ("group", "case"),
    [pytest.param(group, case, id=case["id"]) for group, cases in GROUPS.items() for case in cases],
)
def test_figures_are_those_of_the_oracles(group: str, case: dict[str, Any]) -> None:
    got = COMPUTE[group](case["input"])
    wrong = {
        name: (got[name], want)
        for name, want in case["expect"].items()
        if not _is_close(got[name], want, case.get("tolerance_abs"))
    }
    assert not wrong, case["oracle"]


def _is_close(got: Any, want: Any, tolerance: float | None) -> bool:
    if isinstance(want, list):
        return len(got) == len(want) and all(
            _is_close(*pair, tolerance) for pair in zip(got, want, strict=True)
        )
    if want is None or isinstance(want, str | bool):
        return bool(got == want)
    if got is None:
        return False
    return bool(abs(got - want) <= (tolerance or 1e-9 * abs(want) + 1e-30))
