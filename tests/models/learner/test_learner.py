"""Learner: each event once, whatever is saved and loaded in between, in bounded memory."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from models.catalog.assortment import Assortment
from models.events.bots import FLOOD_EVENTS, FLOOD_REFILL_S
from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.learner import learner as module
from models.learner.learner import OWN_WEIGHT, Learner
from models.learner.snapshot import decode_snapshot, empty_snapshot, encode_snapshot
from models.ranking.transitions import AFTER
from tests.models.checks import CHECKS, Case
from tests.models.makers import START_S, assortment, event, item

ITEMS = 40
CATALOG = assortment(ITEMS, creatives=6)
Logged = tuple[int, int, Event]  # partition, position, event


def shopping(count: int, seed: int) -> list[Logged]:
    """Visitors look at items that lie close together, order pairs, see creatives and click some."""
    random = Random(seed)
    positions = [0, 0]
    made: list[Logged] = []
    for number in range(count):
        visitor = f"v{random.randrange(30)}"
        base = random.randrange(ITEMS - 3)
        near = [f"p{base + step:03}" for step in range(3)]
        creative = {"creative_name": f"c{random.randrange(6)}", "creative_slot": "hero:0"}
        told = random.choice(
            [
                event("view_item", near[0], visitor=visitor, at_s=number * 5.0),
                event("view_item", near[1], visitor=visitor, at_s=number * 5.0),
                event("add_to_cart", near[2], visitor=visitor, at_s=number * 5.0),
                event("purchase", *near[:2], visitor=visitor, at_s=number * 5.0, params={"transaction_id": number}),
                event("view_promotion", visitor=visitor, at_s=number * 5.0, params=creative, event_id=f"e{number}"),
                event("select_promotion", visitor=visitor, at_s=number * 5.0, params=creative),
            ]
        )
        partition = int(visitor[1:]) % 2
        positions[partition] += 1
        made.append((partition, positions[partition], told))
    return made


def learn(model: Learner, some: Sequence[Logged]) -> None:
    for partition, position, told in some:
        model.learn_event(partition, position, told, CATALOG)


def answers(model: Learner) -> Any:
    """What its next snapshot says, but for the snapshot's own number."""
    frozen = Learner.load(model.save(), 90.0).snapshot()
    frozen.version = 0
    return encode_snapshot(frozen), frozen.engine.tables()


def spread(count: int) -> list[Logged]:
    """So many items that no learner of 4,000 may keep them."""
    return [(0, number, event("view_item", f"i{number}", visitor=f"v{number % 9}")) for number in range(1, count)]


CASE = Case[Learner](
    name="learner",
    new=lambda: Learner(90.0, max_items=4_000),
    learn=learn,
    answers=answers,
    reloaded=lambda model: Learner.load(model.save(), 90.0),
    state=lambda model: b"".join(model.save()),
    size=lambda model: max(len(model.names), len(model.bought.rows), len(model.numbers)),
    most=4_000,
    events=shopping(900, seed=1),
    many=spread(10_000),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check(check: object) -> None:
    check(CASE)  # type: ignore[operator]


def test_what_was_learned_before_is_passed_over() -> None:
    events = shopping(300, seed=2)
    model = Learner()
    learn(model, events)
    before = model.save()
    assert not any(model.learn_event(partition, position, told, CATALOG) for partition, position, told in events)
    assert model.save() == before


def test_a_clients_retry_teaches_nothing() -> None:
    model = Learner()
    look = event("view_item", "p001", event_id="e1")
    assert model.learn_event(0, 1, look, CATALOG)
    assert not model.learn_event(0, 2, look, CATALOG)
    assert model.learn_event(0, 3, event("view_item", "p001", event_id="e1", visitor="v2"), CATALOG)
    assert (model.events, model.positions) == (2, {0: 3})


def viewed_after(model: Learner, item_id: str) -> dict[str, float]:
    """How often each item came after one, by 1/d."""
    engine = model.engine
    rows, number = engine._tables.sources.sequences, engine.names.index(item_id)
    row = zip(rows.other[number].tolist(), rows.counts[number, :, AFTER].tolist(), strict=True)
    return {engine.names[other]: count for other, count in row if other >= 0 and count > 0}


def test_moves_are_learned_within_a_session_and_in_their_order() -> None:
    model = Learner()
    learn(
        model,
        [
            (0, 1, event("view_item", "a", at_s=0)),
            (0, 2, event("view_item", "b", at_s=10)),
            (0, 3, event("view_item", "c", at_s=10 + 1_801)),
        ],
    )
    assert viewed_after(model, "a") == {"b": 1.0}
    assert viewed_after(model, "b") == {}
    assert viewed_after(model, "c") == {}


def test_a_move_along_our_own_list_teaches_less() -> None:
    model = Learner()
    learn(
        model,
        [
            (0, 1, event("view_item", "a")),
            (0, 2, event("select_item", "b", params={"decision_id": "d1"})),
            (0, 3, event("view_item", "b")),
        ],
    )
    snapshot = model.snapshot()
    assert viewed_after(model, "a") == {"b": pytest.approx(0.3)}
    assert snapshot.popular[snapshot.number_of["b"]] == pytest.approx(0.3)


def test_orders_teach_what_is_bought_again_and_a_cancelled_one_leaves_the_history() -> None:
    model = Learner()
    week = 604_800.0
    bought = [
        event("purchase", "p001", at_s=number * week, params={"transaction_id": f"o{number}"}) for number in range(4)
    ]
    paid = event("order_paid", at_s=3 * week, params={"order_id": "o3"})
    cancelled = event("order_cancelled", at_s=3 * week, params={"order_id": "o1"})
    learn(model, [(0, number, told) for number, told in enumerate([*bought, paid, cancelled], 1)])
    (listed,) = [found for found in model.again.due_items("v1", START_S + 4 * week) if found.purchases is not None]
    assert listed.reason == "you bought it 3 times, about every 10 days"
    frozen = model.snapshot().again
    assert frozen.names == ["p001"]
    assert frozen.repeats.category_of.tolist() == [0]  # the catalog's, whatever the event says
    loaded = Learner.load(model.save())
    assert loaded.again.due_items("v1", START_S + 4 * week) == model.again.due_items("v1", START_S + 4 * week)
    learn(model, [(0, 7, event(VISITOR_DELETED))])
    assert model.again.due_items("v1", START_S + 4 * week) == []


def test_an_erased_visitor_leaves_no_path() -> None:
    model = Learner()
    learn(model, [(0, 1, event("view_item", "a")), (0, 2, event(VISITOR_DELETED)), (0, 3, event("view_item", "b"))])
    assert viewed_after(model, "a") == {}


def test_creatives_nobody_defined_are_not_learned() -> None:
    model = Learner()
    for number in range(1, 50):
        model.learn_event(0, number, event("view_promotion", params={"creative_name": f"unknown-{number}"}), CATALOG)
    model.clicks.expire(1e12)
    assert model.clicks.impressions == 0


def test_visitors_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LEARNER_VISITORS", 5)
    model = Learner()
    learn(model, [(0, number, event("view_item", "a", visitor=f"v{number}")) for number in range(1, 50)])
    assert list(model._paths) == [f"v{number}" for number in range(45, 50)]


def test_the_most_popular_items_survive_when_there_are_too_many() -> None:
    model = Learner(max_items=4_000)
    for number in range(1, 30):
        model.learn_event(0, number, event("purchase", "kept", params={"transaction_id": str(number)}), CATALOG)
    for _, position, told in spread(8_000):
        model.learn_event(1, position, told, CATALOG)
    snapshot = model.snapshot()
    assert snapshot.popular[snapshot.number_of["kept"]] == 1.0
    assert all(0 <= other < len(model.names) for row in model.bought.rows.values() for other in row)
    assert snapshot.names[int(snapshot.popular.argmax())] == "kept"


def test_a_snapshot_is_read_as_it_was_published() -> None:
    model = Learner()
    learn(model, shopping(300, seed=3))
    for snapshot in (model.snapshot(), empty_snapshot()):
        tables = snapshot.engine.tables()
        read = decode_snapshot(encode_snapshot(snapshot), tables)
        assert (encode_snapshot(read), read.engine.tables()) == (encode_snapshot(snapshot), tables)
    assert model.snapshot().version == 2


def test_a_bound_too_small_for_one_event_is_refused() -> None:
    with pytest.raises(ValueError, match="max_items must be at least 4000, got 10"):
        Learner(max_items=10)


def test_a_flood_is_served_and_not_learned_from() -> None:
    model = Learner()
    most = int(FLOOD_EVENTS)
    flood = [(0, number, event("view_item", f"p{number % 2:03}", at_s=0.0)) for number in range(1, 10_001)]
    learn(model, flood)
    assert (model.events, model.flooded) == (10_000, 10_000 - most)
    assert model.popular.weights[model.numbers["p000"]] == pytest.approx(most / 2)
    assert sum(viewed_after(model, "p000").values()) <= most
    later = event("view_item", "p003", at_s=FLOOD_REFILL_S)
    learn(model, [(0, 10_001, later), (0, 10_002, event("view_item", "p004", at_s=FLOOD_REFILL_S))])
    assert "p003" in model.numbers
    assert "p004" not in model.numbers


def test_progress_counts_each_step_before_it_is_learned() -> None:
    model = Learner(holdout_share=0.0)
    learn(model, [(0, number, event("view_item", f"p{number % 3:03}", at_s=number)) for number in range(1, 200)])
    measured = model.progress.measures["all"]
    assert measured.steps == pytest.approx(198, rel=0.1)
    assert measured.hit_rate > 0.95
    assert 0.9 < measured.mean_reciprocal_rank <= 1.0


def test_lists_seen_and_clicked_are_counted_by_strategy_and_group() -> None:
    model = Learner(holdout_share=0.5)
    params = {"decision_id": "d", "item_list_id": "for_you"}
    position = 0
    for number in range(60):
        for name in ("view_item_list", "view_item_list", "select_item"):
            position += 1
            model.learn_event(0, position, event(name, "p001", visitor=f"v{number}", params=params), CATALOG)
    tallies = model.progress.tallies
    assert {tally.group for tally in tallies} == {"personalized", "holdout"}
    assert sum(tally.impressions for tally in tallies.values()) == 120
    assert sum(tally.clicks for tally in tallies.values()) == 60
    assert {(tally.kind, tally.name) for tally in tallies} == {("list", "for_you")}


def seen(creative: str, at_s: float, position: int, **params: Any) -> Logged:
    return (0, position, event("view_promotion", at_s=at_s, params={"creative_name": creative, **params}))


def test_only_impressions_that_were_in_view_are_learned() -> None:
    model = Learner()
    learn(
        model,
        [
            seen("c0", 0.0, 1, viewable=False),
            seen("c1", 1.0, 2, creative_slot="hero:1"),
            (0, 3, event("page_view", at_s=200.0)),
        ],
    )
    assert (model.clicks.impressions, model.clicks.clicks) == (1, 0)
    assert "creative:c1" in model.snapshot().clicks.weights
    assert "creative:c0" not in model.snapshot().clicks.weights


def test_slots_nobody_defined_are_not_learned() -> None:
    model = Learner()
    learn(
        model,
        [seen(f"c{number % 6}", number * 2_000.0, number + 1, creative_slot=f"x{number}:0") for number in range(40)],
    )
    model.clicks.expire(1e12)
    assert model.clicks.impressions > 20
    assert not any(name.startswith("slot:") for name in model.snapshot().clicks.weights)


def test_counters_and_open_impressions_survive_save_and_load() -> None:
    model = Learner()
    learn(model, [seen("c0", 0.0, 1), seen("c1", 100.0, 2)])
    loaded = Learner.load(model.save(), 90.0)
    for learner in (model, loaded):
        learn(learner, [(0, 3, event("select_promotion", at_s=101.0, params={"creative_name": "c0"}))])
        assert (learner.clicks.impressions, learner.clicks.clicks, learner.clicks.late_clicks) == (1, 1, 1)
        assert len(learner.clicks.opened) == 1
    assert loaded.clicks.weights() == model.clicks.weights()


def test_an_erased_visitor_leaves_no_impression() -> None:
    model = Learner()
    learn(model, [seen("c0", 0.0, 1), (0, 2, event(VISITOR_DELETED, at_s=1.0))])
    assert not model.clicks.opened


def test_slots_are_counted_and_their_labels_held_against_what_was_expected() -> None:
    model = Learner(click_window_s=10.0)
    shown = {"creative_name": "c1", "creative_slot": "hero:0"}
    for number in range(1, 41):
        at_s = 100.0 * number
        events = [event("view_promotion", visitor=f"v{number}", at_s=at_s, params=shown)]
        if number % 2:
            events.append(event("select_promotion", visitor=f"v{number}", at_s=at_s + 1, params=shown))
        for told in events:
            model.learn_event(0, model.positions.get(0, 0) + 1, told, CATALOG)
        model.snapshot()
    late = event("select_promotion", visitor="v38", at_s=4_100.0, params=shown)
    model.learn_event(0, model.positions[0] + 1, late, CATALOG)
    (shown_in, tally), *others = model.progress.tallies.items()
    assert (shown_in.kind, shown_in.name, shown_in.group, others) == ("slot", "hero:0", "personalized", [])
    assert (tally.impressions, tally.clicks) == (40, 21)
    assert (tally.labelled, tally.clicked) == (40, 21)
    assert 1 < tally.expected < 20, "the model published before each impression, which learned on the way"


def test_in_a_hurry_everything_is_counted_and_some_is_ranked() -> None:
    calm, hurried = Learner(90.0), Learner(90.0)
    some = shopping(400, seed=9)
    for partition, position, told in some:
        assert calm.learn_event(partition, position, told, CATALOG) == hurried.learn_event(
            partition, position, told, CATALOG, hurried=True
        )
    calm_view, hurried_view = calm.snapshot(), hurried.snapshot()
    assert hurried.names == calm.names
    assert hurried_view.popular.tolist() == calm_view.popular.tolist()
    looked_at = [event.items[0].item_id for _, _, event in some if event.event == "view_item"]
    assert {item for item, _ in hurried.engine.next_items(looked_at[:1])}
    assert 0 < hurried.progress.measures["all"].steps < calm.progress.measures["all"].steps


def test_bots_teach_nothing() -> None:
    seen_by_shoppers = [
        (0, number, event("view_item", "p001", visitor=f"v{number}", at_s=number)) for number in range(1, 4)
    ]
    agent = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    seen_by_bots = [
        (0, number, event("view_item", "p002", visitor="bot", at_s=number, context=agent)) for number in range(4, 44)
    ]
    creative = {"creative_name": "c1", "creative_slot": "hero:0"}
    seen_by_bots.append((0, 44, event("view_promotion", visitor="bot", at_s=44, context=agent, params=creative)))
    plain, crawled = Learner(), Learner()
    learn(plain, seen_by_shoppers)
    learn(crawled, [*seen_by_shoppers, *seen_by_bots])
    assert crawled.positions == {0: 44}
    crawled.positions = dict(plain.positions)
    assert answers(crawled) == answers(plain)
    assert crawled.names == ["p001"]


def test_tabs_that_take_turns_are_no_new_session_each_time() -> None:
    model = Learner()
    learn(
        model,
        [
            (0, turn, event("view_item", f"p{turn:03}", at_s=turn * 30.0, session_id=("s1", "s2")[turn % 2]))
            for turn in range(1, 21)
        ],
    )
    assert model._paths["v1"].session == 2


def grouped(**groups: str) -> Assortment:
    catalog = assortment(6)
    for item_id, group_id in groups.items():
        catalog.put(item(int(item_id[1:]), item_group_id=group_id))
    return catalog


def test_variants_are_learned_as_their_group_and_are_popular_one_by_one() -> None:
    catalog, model = grouped(p000="lamp", p001="lamp", p002="rug"), Learner()
    events = [
        event("view_item", "p000"),
        event("view_item", "p001", at_s=1),  # another variant is no move
        event("view_item", "p002", at_s=2),
        event("view_item", "lamp", visitor="v2"),
        event("purchase", "p001", "p000", "p002", visitor="v2", at_s=3, params={"transaction_id": "o"}),
        event("purchase", "p000", "p003", visitor="v2", at_s=4, params={"transaction_id": "o"}),
    ]
    for position, told in enumerate(events, start=1):
        model.learn_event(0, position, told, catalog)
    assert model.engine.names == ["lamp", "rug", "p003"]
    lamp, rug = model.numbers["lamp"], model.numbers["rug"]
    assert model.bought.counts[lamp] == {rug: 1, model.numbers["p003"]: 1}
    assert model.bought.ordered[lamp] == 1
    popular = dict(zip(model.names, model.popular.scores(len(model.names)).tolist(), strict=True))
    assert [popular["p001"], popular["p000"]] == pytest.approx([1.0, 1.0], abs=1e-4)
    assert popular["lamp"] == pytest.approx(1 / 6, abs=1e-4)
    assert [purchases.item_id for purchases in model.again.history("v2").item_purchases] == []
    assert set(model.again._open["v2"].items) == {"lamp", "rug", "p003"}
    model.learn_event(0, 7, event("refund", "p000", visitor="v2", at_s=9, params={"transaction_id": "o"}), catalog)
    assert "lamp" in model.again._open["v2"].items
    model.learn_event(0, 8, event("refund", "p001", visitor="v2", at_s=10, params={"transaction_id": "o"}), catalog)
    assert set(model.again._open["v2"].items) == {"rug", "p003"}


def test_a_click_on_one_variant_suggests_the_group() -> None:
    catalog, counted = grouped(p000="lamp", p001="lamp"), []
    for seen in ("p001", "p005"):
        model = Learner()
        clicked = event("select_item", "p000", params={"decision_id": "d"})
        for position, told in enumerate((clicked, event("view_item", seen, at_s=1)), start=1):
            model.learn_event(0, position, told, catalog)
        counted.append(float(model.popular.weights[model.numbers[seen]]))
    assert counted[0] == pytest.approx(OWN_WEIGHT * counted[1], rel=1e-4)


def test_a_group_is_kept_as_its_variants_are_wanted_together() -> None:
    catalog, model = grouped(p000="lamp", p001="lamp"), Learner(max_items=4_000)
    for number in range(1, 30):
        told = event("purchase", f"p00{number % 2}", params={"transaction_id": str(number)})
        model.learn_event(0, number, told, catalog)
    for _, position, told in spread(8_000):
        model.learn_event(1, position, told, catalog)
    assert {"lamp", "p000", "p001"} <= model.numbers.keys()
    assert len(model.names) <= 4_000


@pytest.mark.parametrize("undo", ["order_cancelled", "refund"])
@pytest.mark.parametrize("first", ["undo", "purchase"])
def test_an_order_that_was_taken_back_teaches_nothing_when_it_is_told_again(undo: str, first: str) -> None:
    bought = event("purchase", "p000", "p001", params={"transaction_id": "o"})
    taken_back = event(undo, visitor="desk", params={"order_id": "o"})
    kept = event("purchase", "p002", "p003", visitor="v2", at_s=1, params={"transaction_id": "kept"})
    told = [taken_back, bought] if first == "undo" else [bought, taken_back, bought, bought]
    model = Learner()
    learn(model, [(0, position, each) for position, each in enumerate([*told, kept], start=1)])
    trending, sold = (
        dict(zip(model.names, popularity.scores(len(model.names)).tolist(), strict=True))
        for popularity in (model.trending, model.sold)
    )
    assert trending["p002"] > 0.0
    assert max(trending.get(item_id, 0.0) for item_id in ("p000", "p001")) == pytest.approx(0.0, abs=1e-9)
    assert max(sold.get(item_id, 0.0) for item_id in ("p000", "p001")) == pytest.approx(0.0, abs=1e-9)


def weights(model: Learner) -> dict[str, tuple[float, float]]:
    """How much each item is wanted and sold: weights of the popular and the sold."""
    numbers = model.numbers.items()
    return {item_id: (float(model.popular.weights[n]), float(model.sold.weights[n])) for item_id, n in numbers}


def invented(count: int, **fields: Any) -> list[Event]:
    """Purchases that a browser makes up in one request, stamped far enough apart to be no flood."""
    return [
        replace(
            event("purchase", "p009", at_s=-13.0 * n, params={"transaction_id": f"x{n}"}, **fields),
            accepted_at_s=START_S,
        )
        for n in range(count)
    ]


def test_invented_purchases_put_nothing_on_top() -> None:
    bought = [
        event("purchase", "p001", visitor=f"v{n}", told_from=f"home-{n}", params={"transaction_id": f"o{n}"})
        for n in range(12)
    ]
    model = Learner()
    mine = [replace(told, visitor_id="crook") for told in invented(300, told_from="crook")]
    learn(model, [(0, position, told) for position, told in enumerate([*bought, *mine], start=1)])
    wanted, sold = zip(*(weights(model)[item_id] for item_id in ("p001", "p009")), strict=True)
    assert wanted[0] == pytest.approx(60.0)
    assert sold[0] == pytest.approx(12.0)
    assert wanted[1] < 12.0
    assert sold[1] < 3.0
    others = [replace(told, visitor_id=f"crook-{n}") for n, told in enumerate(mine)]
    learn(model, [(1, position, told) for position, told in enumerate(others, start=1)])
    assert weights(model)["p009"][0] < 36.0
    assert weights(model)["p009"][1] < 8.0


def test_a_browser_that_stamps_its_events_apart_is_a_flood_all_the_same() -> None:
    model = Learner()
    learn(model, [(0, n, told) for n, told in enumerate(invented(400, told_from="crook"), start=1)])
    assert model.flooded == 400 - FLOOD_EVENTS
    from_server = Learner()
    learn(from_server, [(0, n, told) for n, told in enumerate(reversed(invented(400)), start=1)])
    assert from_server.flooded == 0


def test_a_claimed_order_teaches_once_it_is_confirmed_by_whatever_tells_of_it() -> None:
    claim = event("purchase", "p001", "p002", told_from="home", claimed=True, params={"transaction_id": "o"})
    nameless = event("purchase", "p001", told_from="home", claimed=True)
    paid = event("order_paid", visitor="v9", at_s=60, params={"order_id": "o"})
    bought = event("purchase", "p001", "p002", visitor="v9", at_s=60, params={"transaction_id": "o"})
    for confirming in (paid, bought):
        model = Learner()
        learn(model, [(0, 1, claim), (0, 2, nameless)])
        assert not any(sum(pair) for pair in weights(model).values())
        learn(model, [(0, 3, confirming), (0, 4, replace(claim, event_id="again"))])
        assert weights(model)["p001"] == pytest.approx((5.0, 1.0), rel=1e-3)
        assert model.bought.orders == 1


def test_what_senders_told_is_kept_with_what_it_taught() -> None:
    told = invented(40, told_from="crook")
    whole, half = Learner(), Learner()
    learn(whole, [(0, n, each) for n, each in enumerate(told, start=1)])
    learn(half, [(0, n, each) for n, each in enumerate(told[:20], start=1)])
    resumed = Learner.load(half.save())
    learn(resumed, [(0, n, each) for n, each in enumerate(told, start=1)])
    assert weights(resumed)["p009"] == pytest.approx(weights(whole)["p009"])
