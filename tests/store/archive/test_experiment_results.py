"""Experiments' results from the archive, against a plain walk over the same events."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.base.bucketing import in_holdout
from models.catalog.resources import Experiment, ListChange, SlotChange, Variant
from models.events.bots import FLOOD_EVENTS, FLOOD_REFILL_S
from models.events.events import Event
from models.events.intake.parsing import parse_event
from models.experiments.assignment import Meeting, exposure_event
from models.experiments.results import Group
from models.reports.archive_row import row_of
from store.archive.experiment_results import asked_of, asked_of_holdout
from store.archive.report_source import ReportSettings
from store.archive.reports import judge_experiment, make_report
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE

START_S = 1_767_225_600.0  # 2026-01-01
WALL_S = 1_790_000_000.0
A = Variant(variant_id="a")
B = Variant(variant_id="b", lists={"for_you": ListChange(strategy="bestsellers")}, placements={"hero": SlotChange()})
EXPERIMENT = Experiment(experiment_id="e", variants=(A, B), began_at_s=WALL_S)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ArchiveWriter]:
    """An empty archive."""
    made = ArchiveWriter(tmp_path / "archive")
    yield made
    made.close()


def put(archive: ArchiveWriter, events: list[Event], holdout_share: float = 0.0) -> None:
    archive.write(SITE, 0, [row_of(0, place, event, holdout_share) for place, event in enumerate(events, start=1)])


def happened(name: str, visitor: str, at_s: float, *items: tuple[str, float], **fields: Any) -> Event:
    context = fields.pop("context", {})
    raw = {"event": name, "visitor_id": visitor, "timestamp": START_S + at_s, "params": fields, "context": context}
    if items:
        raw["items"] = [{"item_id": item_id, "price": price} for item_id, price in items]
    return parse_event(raw, SITE, WALL_S + at_s)


def exposed(
    visitor: str, variant: Variant, at_s: float, decision: str = "d", began_s: float = WALL_S, owner: str = ""
) -> Event:
    began = Experiment(experiment_id="e", variants=(A, B), began_at_s=began_s)
    meeting = Meeting(SITE, owner or visitor, visitor, decision, START_S + at_s, began_s + 1)
    return exposure_event(began, variant, meeting)


def shown(visitor: str, at_s: float, placement: str = "hero") -> Event:
    return happened(
        "view_promotion", visitor, at_s, creative_name="c", promotion_id="k", creative_slot=f"{placement}:0"
    )


def clicked(visitor: str, at_s: float, placement: str = "hero") -> Event:
    return happened(
        "select_promotion", visitor, at_s, creative_name="c", promotion_id="k", creative_slot=f"{placement}:0"
    )


def ordered(visitor: str, at_s: float, value: float) -> Event:
    return happened("purchase", visitor, at_s, ("p", value), transaction_id=f"{visitor}-{at_s}")


def groups(archive: ArchiveWriter, experiment: Experiment = EXPERIMENT) -> dict[str, Group]:
    judged = judge_experiment(archive, SITE, asked_of(experiment))
    return {group.variant_id: group for group in judged.results.groups}


def test_what_happened_before_the_first_exposure_or_elsewhere_does_not_count(archive: ArchiveWriter) -> None:
    put(
        archive,
        [
            shown("v1", 1), clicked("v1", 2), ordered("v1", 3, 50.0),
            exposed("v1", B, 10),
            shown("v1", 10), shown("v1", 20), clicked("v1", 21), ordered("v1", 30, 20.0), ordered("v1", 40, 5.0),
            shown("v1", 50, "footer"), clicked("v1", 51, "footer"),
            happened("view_item_list", "v1", 52, ("p", 1.0), item_list_id="bestsellers", decision_id="d"),
            happened("select_item", "v1", 53, ("p", 1.0), item_list_id="bestsellers", decision_id="d"),
            happened("view_item_list", "v1", 54, ("p", 1.0), item_list_id="similar", decision_id="d"),
            exposed("v1", B, 60),  # said again
            exposed("v2", A, 10),
            ordered("v3", 10, 70.0),  # met nothing
        ],
    )  # fmt: skip
    found = groups(archive)
    assert found["b"] == Group("b", 1, 3, 2, 1, 2, 1, 25.0, 9, 4, 6, 625.0)
    assert found["a"] == Group("a", visitors=1)


def test_a_cancelled_order_and_a_refund_are_taken_off_as_in_every_report(archive: ArchiveWriter) -> None:
    put(
        archive,
        [
            exposed("v1", A, 1), ordered("v1", 2, 30.0), happened("order_cancelled", "v1", 3, order_id="v1-2"),
            exposed("v2", A, 1), ordered("v2", 2, 30.0),
            happened("refund", "v2", 3, transaction_id="v2-2", value=10.0),
        ],
    )  # fmt: skip
    assert (groups(archive)["a"].buyers, groups(archive)["a"].revenue) == (1, 20.0)


def test_orders_in_another_currency_are_no_revenue_and_stand_beside_it(archive: ArchiveWriter) -> None:
    told = [exposed("v1", A, 1), exposed("v2", B, 1)]
    for number, (visitor, value, currency) in enumerate(
        [("v1", 20.0, "EUR"), ("v2", 9.0, "EUR"), ("v2", 900.0, "JPY")]
    ):
        told.append(
            happened("purchase", visitor, 2, ("p", value), transaction_id=f"t{number}", value=value, currency=currency)
        )
    put(archive, told)
    judged = judge_experiment(archive, SITE, asked_of(EXPERIMENT))
    assert {group.variant_id: group.revenue for group in judged.results.groups} == {"a": 20.0, "b": 9.0}
    assert judged.others == {"b": {"JPY": 900.0}}
    asked = ReportSettings(asked=(asked_of(EXPERIMENT),))
    rows = make_report(archive, SITE, "experiments", settings=asked).records()
    beside = {(row["variant"], row["metric"]): row["other_currencies"] for row in rows if row["other_currencies"]}
    assert beside == {("b", "revenue_per_visitor"): {"JPY": 900.0}}


def test_bots_floods_and_visitors_in_two_variants_are_left_out_and_counted(archive: ArchiveWriter) -> None:
    agent = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    events = [exposed(visitor, A, 0.5) for visitor in ("bot", "flood", "busy", "both", "plain")]
    events += [exposed("both", B, 2), happened("page_view", "bot", 1, context=agent)]
    events += [happened("page_view", "flood", 1 + n / 100) for n in range(int(FLOOD_EVENTS) + 20)]
    # As many, but slowly enough.
    events += [happened("page_view", "busy", 1 + n * FLOOD_REFILL_S) for n in range(int(FLOOD_EVENTS) + 20)]
    put(archive, events)
    judged = judge_experiment(archive, SITE, asked_of(EXPERIMENT))
    assert judged.left_out == {"bots": 1, "floods": 1, "several_variants": 1}
    assert judged.results.groups[0].visitors == 2


def test_an_experiment_that_began_anew_forgets_who_met_it_before(archive: ArchiveWriter) -> None:
    put(archive, [exposed("v1", A, 1, began_s=WALL_S - 1_000), exposed("v2", B, 1), ordered("v2", 3, 9.0)])
    found = groups(archive)
    assert (found["a"].visitors, found["b"].visitors) == (0, 1)


def test_nothing_counts_after_the_end(archive: ArchiveWriter) -> None:
    put(archive, [exposed("v1", B, 1), ordered("v1", 10, 9.0), ordered("v1", 20, 9.0)])
    ended = Experiment(experiment_id="e", variants=(A, B), began_at_s=WALL_S, ends_at_s=START_S + 15)
    assert groups(archive, ended)["b"].orders == 1


def test_recorded_events_count_from_when_they_say_the_decision_was_seen(archive: ArchiveWriter) -> None:
    """The decision is made now, the events it leads to carry the time they were recorded at."""
    put(
        archive,
        [
            exposed("v1", B, 1_000_000, "d1"),
            happened("view_item_list", "v1", 5, ("p", 1.0), item_list_id="for_you", decision_id="d1"),
            ordered("v1", 9, 12.0),
            ordered("v1", 2, 99.0),
        ],
    )
    found = groups(archive)["b"]
    assert (found.impressions, found.orders, found.revenue) == (1, 1, 12.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_shop_comes_out_as_a_plain_walk_over_its_events_says(archive: ArchiveWriter, seed: int) -> None:
    chance = random.Random(seed)
    events: list[Event] = []
    walked: dict[str, list[float]] = {}
    for number in range(300):
        visitor, variant = f"v{number}", chance.choice((A, B))
        met_s = chance.uniform(0, 1_000)
        events.append(exposed(visitor, variant, met_s))
        seen = clicks = orders = 0
        revenue = 0.0
        for _ in range(chance.randrange(12)):
            at_s = round(chance.uniform(0, 2_000), 3)
            kind = chance.choice(("show", "show", "click", "order"))
            after = at_s >= met_s
            if kind == "show":
                events.append(shown(visitor, at_s))
                seen += after
            elif kind == "click":
                events.append(clicked(visitor, at_s))
                clicks += after
            else:
                value = round(chance.uniform(5, 90), 2)
                events.append(ordered(visitor, at_s, value))
                orders += after
                revenue += value * after
        seen, clicks = max(seen, clicks > 0), min(clicks, max(seen, 1))  # a click counts once an impression
        sums = walked.setdefault(variant.variant_id, [0.0] * 11)
        clicker, buyer = clicks > 0, orders > 0
        squares = (seen * seen, clicks * clicks, clicks * seen, revenue * revenue)
        for place, value in enumerate((1, seen, clicks, clicker, orders, buyer, revenue, *squares)):
            sums[place] += value
    chance.shuffle(events)
    put(archive, events)
    for variant_id, group in groups(archive).items():
        assert list(group[1:]) == pytest.approx(walked[variant_id], abs=1e-6)
    rows = make_report(archive, SITE, "experiments", settings=ReportSettings(asked=(asked_of(EXPERIMENT),))).records()
    row = next(row for row in rows if (row["variant"], row["metric"]) == ("b", "revenue_per_visitor"))
    assert row["value"] == pytest.approx(walked["b"][6] / walked["b"][0], abs=1e-5)
    assert row["lift_low"] < row["lift"] < row["lift_high"]


def test_the_holdout_is_an_experiment_that_always_runs(archive: ArchiveWriter) -> None:
    events = [happened("page_view", f"v{n}", n) for n in range(2_000)]
    events += [ordered(f"v{n}", 3_000 + n, 10.0) for n in range(0, 2_000, 4)]
    put(archive, events, holdout_share=0.2)
    asked = asked_of_holdout(0.2)
    assert asked is not None
    judged = judge_experiment(archive, SITE, asked)
    held_out, personalized = judged.results.groups
    assert (held_out.variant_id, held_out.visitors + personalized.visitors) == ("holdout", 2_000)
    assert judged.results.sample_ratio.holds
    assert judged.results.verdicts == {"personalized": "not told apart"}
    by_report = {row["group"]: row for row in make_report(archive, SITE, "holdout").records()}
    assert by_report["holdout"]["visitors"] == held_out.visitors
    assert by_report["personalized"]["buyers"] == personalized.buyers
    assert asked_of_holdout(0.0) is None
    assert not judge_experiment(archive, SITE, asked_of_holdout(0.6) or asked).results.sample_ratio.holds


def test_a_visitor_who_logs_in_is_one_visitor_whatever_device_or_server_tells_of_them(archive: ArchiveWriter) -> None:
    def under(event: Event, owner: str) -> Event:
        return msgspec.structs.replace(event, visitor_id=owner, device_id=event.visitor_id)

    put(
        archive,
        [
            exposed("phone", B, 1), shown("phone", 2),
            under(clicked("phone", 10), "ann"),  # the login: from here on the intake writes the visitor's own id
            ordered("ann", 20, 30.0),  # told by the shop's server
            exposed("laptop", B, 30, owner="ann"), under(ordered("laptop", 40, 5.0), "ann"),
            exposed("desk", A, 1), under(happened("page_view", "desk", 2), "bob"),
            exposed("tablet", B, 3, owner="bob"),  # in two variants, by two devices
            under(happened("page_view", "desk", 50), "eve"),  # shared: what was before is bob's
        ],
    )  # fmt: skip
    judged = judge_experiment(archive, SITE, asked_of(EXPERIMENT))
    found = {group.variant_id: group for group in judged.results.groups}
    assert found["b"] == Group("b", 1, 1, 1, 1, 2, 1, 35.0, 1, 1, 1, 1_225.0)
    assert found["a"].visitors == 0
    assert judged.left_out["several_variants"] == 1
    by_report = make_report(archive, SITE, "holdout").records()[0]
    assert (by_report["visitors"], by_report["buyers"]) == (3, 1)


def test_the_holdout_is_that_of_the_device_whatever_a_server_tells(archive: ArchiveWriter) -> None:
    share = 0.5
    held_out = [f"d{n}" for n in range(60) if in_holdout(SITE, f"d{n}", share)]
    shown_all = [f"d{n}" for n in range(60) if not in_holdout(SITE, f"d{n}", share)]
    users = {device: f"u{device}" for device in (*held_out, *shown_all)}
    events = [happened("page_view", device, 1) for device in users]
    for device, user in users.items():
        events.append(msgspec.structs.replace(happened("login", device, 2), visitor_id=user, device_id=device))
        events.append(ordered(user, 3, 10.0))  # under the visitor's own id, whose lot is another
    first, second = held_out[0], shown_all[0]
    other = happened("page_view", second, 4)
    events.append(msgspec.structs.replace(other, visitor_id=users[first], device_id=second))
    put(archive, events, share)
    asked = asked_of_holdout(share)
    assert asked is not None
    judged = judge_experiment(archive, SITE, asked)
    counts = {group.variant_id: (group.visitors, group.buyers) for group in judged.results.groups}
    whole = len(held_out) - 1, len(shown_all)
    assert counts == {"holdout": (whole[0], whole[0]), "personalized": (whole[1], whole[1])}
    assert judged.left_out["several_variants"] == 1, "one visitor, two devices, both sides"
