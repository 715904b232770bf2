"""Views of decisions: what the answer shows of a list and of a placement, and what it leaves out."""

from api.http.config import ApiConfig
from api.runtime.decision_views import list_view, slate_view
from models.catalog.resources import CatalogItem, Creative
from models.decisions.ladder import Reason
from models.decisions.merchandising import Gap
from models.decisions.recommend import Query, Recommended, RecommendedList
from models.decisions.slots import Slate, Slot
from tests.models.makers import item

CONFIG = ApiConfig(sites=(), redis_url="redis://127.0.0.1", bundle_discount=0.1, bundle_least_margin=0.0)


def listed(*items: CatalogItem, why: Reason | None = None) -> RecommendedList:
    """A list of items."""
    because = why or Reason("trending in the shop", "popularity")
    return RecommendedList(
        "session", because.words, [Recommended(sold, 1.0 / n, "popular", because) for n, sold in enumerate(items, 1)]
    )


def test_items_stand_in_order_with_what_a_page_shows_of_them() -> None:
    sold = item(1, sale_price=8.0, currency="EUR", link="/p1")
    view = list_view(Query("for_you"), listed(item(0), sold), CONFIG)
    assert (view["strategy"], view["tier"], view["reason"]) == ("for_you", "session", "trending in the shop")
    assert [(shown["item_id"], shown["position"]) for shown in view["items"]] == [("p000", 0), ("p001", 1)]
    shown = view["items"][1]
    assert (shown["price"], shown["sale_price"], shown["currency"], shown["link"]) == (11.0, 8.0, "EUR", "/p1")
    assert (shown["category"], shown["score"], shown["tier"]) == ("Sport > Sport 0", 0.5, "popular")
    assert shown["because_item_id"] is None
    assert not {"says", "joint_price", "missing"} & (view.keys() | shown.keys())


def test_with_explain_every_item_has_its_contributions_also_where_there_is_none() -> None:
    why = Reason("viewed together", "session", because="p009")
    (shown,) = list_view(Query("for_you"), listed(item(0), why=why), CONFIG, explain=True)["items"]
    assert (shown["learner"], shown["because_item_id"], shown["says"]) == ("session", "p009", [])


def test_a_bundle_has_a_price_where_all_prices_are_known() -> None:
    found = listed(item(1, price=20.0, cost_of_goods_sold=1.0, currency="EUR"))
    found.companion_of = item(0, price=10.0, cost_of_goods_sold=1.0, currency="EUR")
    view = list_view(Query("bundles", item_id="p000"), found, CONFIG)
    assert (view["companion_of"], view["currency"]) == ("p000", "EUR")
    assert (view["joint_price"], view["bundle_price"], view["saving"]) == (30.0, 27.0, 3.0)
    found.companion_of = item(0, price=None, currency="EUR")
    view = list_view(Query("bundles", item_id="p000"), found, CONFIG)
    assert (view["joint_price"], view["bundle_price"], view["saving"]) == (None, None, None)


def test_a_nudge_says_how_far_the_cart_is() -> None:
    found = listed(item(1))
    found.gap = Gap(50.0, 20.0, 30.0)
    view = list_view(Query("threshold_nudge", threshold=50.0), found, CONFIG)
    assert (view["threshold"], view["cart_value"], view["missing"]) == (50.0, 20.0, 30.0)


def test_slots_have_their_chance_to_six_digits() -> None:
    creative = Creative(creative_id="c1", campaign_id="k1", headline="Slow mornings", link="/c1")
    slate = Slate("static", "even rotation", [Slot(creative, 0, 1 / 3, "even rotation", ("c1", "c2", "c3"))])
    view = slate_view(slate)
    (slot,) = view["slots"]
    assert (view["tier"], slot["creative_id"], slot["campaign_id"]) == ("static", "c1", "k1")
    assert (slot["headline"], slot["link"], slot["position"]) == ("Slow mornings", "/c1", 0)
    assert slot["selection_probability"] == 0.333333
    assert "drawn_from" not in slot
