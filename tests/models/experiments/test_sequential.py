"""Sequential statistics: right at one look, by formulas of others, and still right after looking a hundred times."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from models.experiments.sequential import ALPHA, Sums, chi_square, compare, figure, mean_sums, variance

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, float], tuple[Floats, Floats]]
VISITORS = 8_000
LOOK_EVERY = 50


def sums_of(above: Floats, below: Floats) -> Sums:
    """Add visitors up, the plain way."""
    return Sums(
        len(above),
        float(above.sum()),
        float(below.sum()),
        float((above**2).sum()),
        float((below**2).sum()),
        float((above * below).sum()),
    )


def _conversions(random: np.random.Generator, lift: float) -> tuple[Floats, Floats]:
    return (random.random(VISITORS) < 0.04 * (1 + lift)).astype(float), np.ones(VISITORS)


def _revenues(random: np.random.Generator, lift: float) -> tuple[Floats, Floats]:
    orders = random.random(VISITORS) < 0.06
    return orders * random.lognormal(3.5, 0.9, VISITORS) * (1 + lift), np.ones(VISITORS)


def _clicks(random: np.random.Generator, lift: float) -> tuple[Floats, Floats]:
    """Visitors see few or many impressions, and some of them click far more readily than others."""
    seen = random.geometric(0.3, VISITORS).astype(float)
    readily = np.clip(random.beta(1, 12, VISITORS) * (1 + lift), 0, 1)
    return random.binomial(seen.astype(int), readily).astype(float), seen


def _told_apart(draw: Draw, lift: float, seed: int) -> bool:
    """Whether an experiment that is looked at each time 50 more visitors of each side have come ever tells a
    difference; looks before 100 visitors have acted do not count."""
    random = np.random.default_rng(seed)
    sides = []
    for true_lift in (lift, 0.0):
        above, below = draw(random, true_lift)
        columns = (above, below, above**2, below**2, above * below, (above > 0).astype(float))
        sides.append(np.cumsum(np.stack(columns), axis=1))
    for count in range(LOOK_EVERY, VISITORS + 1, LOOK_EVERY):
        treated, control = (Sums(count, *(float(total) for total in side[:5, count - 1])) for side in sides)
        if sides[0][5, count - 1] + sides[1][5, count - 1] < 100:
            continue
        found = compare(treated, control)
        assert found is not None
        apart = not found.difference.low <= 0 <= found.difference.high
        assert apart == (found.p_value < ALPHA)
        if apart:
            return True
    return False


@pytest.mark.parametrize("draw", [_conversions, _revenues, _clicks])
def test_looking_all_the_time_finds_a_difference_that_is_not_there_in_at_most_5_percent(draw: Draw) -> None:
    false = sum(_told_apart(draw, 0.0, seed) for seed in range(400))
    assert false <= 0.05 * 400, f"{false} of 400 experiments without a difference"


@pytest.mark.parametrize(("draw", "lift"), [(_conversions, 0.5), (_revenues, 0.6), (_clicks, 0.3)])
def test_a_difference_that_is_there_is_found(draw: Draw, lift: float) -> None:
    found = sum(_told_apart(draw, lift, seed) for seed in range(40))
    assert found >= 0.8 * 40, f"{found} of 40 experiments with a lift of {lift:.0%}"


def test_a_plain_test_would_not_stand_being_looked_at() -> None:
    """What the intervals are for: a t-test at each look finds what is not there in far more than 5 of 100."""
    false = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        one, other = (np.cumsum(random.random(VISITORS) < 0.04) for _ in range(2))
        counts = np.arange(LOOK_EVERY, VISITORS + 1, LOOK_EVERY)
        rates = one[counts - 1] / counts, other[counts - 1] / counts
        deviation = np.sqrt(sum(rate * (1 - rate) / counts for rate in rates))
        apart = np.abs(rates[0] - rates[1]) > 1.96 * deviation
        false += bool(apart[one[counts - 1] + other[counts - 1] >= 100].any())
    assert false > 15


def test_variances_are_those_of_welch_and_of_the_jackknife() -> None:
    random = np.random.default_rng(3)
    above, below = random.gamma(2.0, 3.0, 500), random.integers(1, 9, 500).astype(float)
    plain = sums_of(above, np.ones(500))
    assert figure(plain) == pytest.approx(above.mean())
    assert variance(plain) == pytest.approx(above.var(ddof=1) / 500)
    assert mean_sums(500, float(above.sum()), float((above**2).sum())) == plain
    # The jackknife leaves each visitor out in turn, and knows nothing of derivatives.
    left_out = (above.sum() - above) / (below.sum() - below)
    jackknife = 499 / 500 * ((left_out - left_out.mean()) ** 2).sum()
    assert variance(sums_of(above, below)) == pytest.approx(jackknife, rel=0.01)


def test_an_interval_is_the_formula_of_the_paper() -> None:
    """Waudby-Smith et al., equation of the asymptotic confidence sequence, with rho tuned at 5,000 by its appendix."""
    random = np.random.default_rng(5)
    one, other = random.normal(1.1, 1.0, 3_000), random.normal(1.0, 1.0, 3_000)
    found = compare(sums_of(one, np.ones(3_000)), sums_of(other, np.ones(3_000)))
    assert found is not None
    t = 6_000
    rho_squared = (-2 * np.log(0.05) + np.log(-2 * np.log(0.05)) + 1) / 5_000
    sigma_squared = t * (one.var(ddof=1) / 3_000 + other.var(ddof=1) / 3_000)
    inside = 2 * (t * rho_squared + 1) / (t**2 * rho_squared) * np.log(np.sqrt(t * rho_squared + 1) / 0.05)
    reach = np.sqrt(sigma_squared * inside)
    difference = one.mean() - other.mean()
    assert found.difference == pytest.approx((difference, difference - reach, difference + reach))
    assert found.lift is not None
    assert found.lift.value == pytest.approx(one.mean() / other.mean() - 1)
    # The p-value is the level at which the interval just leaves 0 out.
    at_p = compare(sums_of(one, np.ones(3_000)), sums_of(other, np.ones(3_000)), alpha=found.p_value)
    assert at_p is not None
    assert at_p.difference.low == pytest.approx(0.0, abs=1e-9)
    # Being right at every look costs some width against one look alone.
    fixed = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert fixed.high - fixed.low < found.difference.high - found.difference.low < 2 * (fixed.high - fixed.low)


def test_chi_square_is_scipys() -> None:
    random = np.random.default_rng(7)
    for size in range(2, 11):
        shares = random.dirichlet(np.ones(size))
        counts = random.multinomial(1_000, shares)
        expected = stats.chisquare(counts, 1_000 * shares)
        found = chi_square(counts.tolist(), shares.tolist())
        assert found == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
    assert chi_square([0, 0], [0.5, 0.5]) == (0.0, 1.0)
    assert chi_square([100_000, 0], [0.5, 0.5])[1] == 0.0


def test_a_sample_ratio_that_holds_is_seldom_called_off_however_often_it_is_looked_at() -> None:
    called = 0
    for seed in range(300):
        ones = np.cumsum(np.random.default_rng(seed).random(20_000) < 0.5)
        counts = np.arange(100, 20_001, 100)
        statistic = (2 * ones[counts - 1] - counts) ** 2 / counts
        called += bool((stats.chi2.sf(statistic, 1) < 0.001).any())
    assert called <= 0.02 * 300


def test_nothing_to_compare_is_no_comparison() -> None:
    nobody = mean_sums(0, 0.0, 0.0)
    assert compare(nobody, mean_sums(10, 5.0, 5.0)) is None
    flat = compare(mean_sums(10, 0.0, 0.0), mean_sums(10, 0.0, 0.0))
    assert flat is not None
    assert (flat.difference.value, flat.lift, flat.p_value) == (0.0, None, 1.0)
