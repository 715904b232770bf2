"""Results: a verdict where the figures carry one, and the reason where they do not."""

import pytest

from models.experiments.results import Group, results_of

EVEN = {"a": 0.5, "b": 0.5}


def _group(variant_id: str, visitors: int, buyers: int, clicks: int = 0) -> Group:
    """Visitors of whom some ordered for 10, and some clicked one of two impressions."""
    return Group(
        variant_id, visitors, 2.0 * visitors, clicks, clicks, buyers, buyers, 10.0 * buyers,
        4.0 * visitors, clicks, 2.0 * clicks, 100.0 * buyers,
    )  # fmt: skip


def test_better_worse_and_not_told_apart() -> None:
    control = _group("a", 10_000, 500)
    for buyers, verdict in ((700, "better"), (340, "worse"), (520, "not told apart")):
        found = results_of({"a": control, "b": _group("b", 10_000, buyers)}, EVEN, "conversion")
        assert found.verdicts == {"b": verdict}
        assert found.reasons == ()
        result = next(result for result in found.results if result.variant_id == "b" and result.metric == "conversion")
        assert result.value == buyers / 10_000
        assert result.comparison is not None
        assert result.comparison.lift is not None
        assert result.comparison.lift.value == pytest.approx(buyers / 500 - 1)


def test_no_verdict_where_visitors_are_missing() -> None:
    found = results_of({"a": _group("a", 10_000, 500), "b": _group("b", 9_000, 900)}, EVEN, "conversion")
    assert not found.sample_ratio.holds
    assert found.verdicts == {"b": "none"}
    assert found.reasons[0].startswith("sample ratio mismatch")
    uneven = results_of(
        {"a": _group("a", 1_000, 100), "b": _group("b", 9_000, 900)}, {"a": 0.1, "b": 0.9}, "conversion"
    )
    assert uneven.sample_ratio.holds


def test_no_verdict_before_enough_has_happened() -> None:
    few = results_of({"a": _group("a", 90, 60), "b": _group("b", 95, 60)}, EVEN, "conversion")
    assert few.reasons == ("90 visitors of a variant, 100 are needed",)
    idle = results_of({"a": _group("a", 5_000, 0), "b": _group("b", 5_000, 40)}, EVEN, "conversion")
    assert idle.reasons == ("40 visitors ordered, 100 are needed",)
    assert results_of({}, EVEN, "click_rate").verdicts == {"b": "none"}
    early = results_of({"a": _group("a", 7, 0), "b": _group("b", 1, 0)}, EVEN, "conversion")
    assert (early.sample_ratio.holds, early.sample_ratio.p_value) == (True, None)


def test_several_variants_share_the_chance_of_error() -> None:
    groups = {"a": _group("a", 5_000, 300), "b": _group("b", 5_000, 330), "c": _group("c", 5_000, 330)}

    def width(shares: dict[str, float]) -> float:
        found = results_of(groups, shares, "conversion")
        result = next(result for result in found.results if result.variant_id == "b" and result.metric == "conversion")
        assert result.comparison is not None
        return result.comparison.difference.high - result.comparison.difference.low

    assert width({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}) > width(EVEN)
