"""Explanations: what a visitor looked at is what is named, and nothing else."""

from random import Random

import pytest

from models.catalog.assortment import Assortment
from models.events.events import Event
from models.visitor.explain_interests import TOP_INTERESTS, explain_interests
from models.visitor.profile import Profile, encode_profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import assortment, event, item


def visitor(catalog: Assortment, *events: Event) -> Profile:
    profiles = [Profile()]
    learn(profiles, [Change(0, number, event) for number, event in enumerate(events, 1)], catalog.vector_of_item)
    return profiles[0]


def test_a_stranger_has_no_interests() -> None:
    explained = explain_interests(Profile(), assortment())
    assert list(explained) == ["15m", "24h", "30d"]
    assert all(not found for kinds in explained.values() for found in kinds.values())


@pytest.mark.parametrize("items", [30, 900])
def test_interests_are_what_was_looked_at(items: int) -> None:
    catalog = assortment(items)
    profile = visitor(catalog, *(event("view_item", item_id) for item_id in ("p000", "p012", "p024")))
    before = encode_profile(profile)
    for kinds in explain_interests(profile, catalog).values():
        assert {found["category"] for found in kinds["categories"]} == {"Home", "Home > Home 0"}
        assert [found["brand"] for found in kinds["brands"]] == ["brand 0"]
        assert all(band["from"] <= 34.0 and band["below"] > 10.0 for band in kinds["price_bands"])
        for found in kinds.values():
            assert 0 < len(found) <= TOP_INTERESTS
            assert sum(interest["weight"] for interest in found) == pytest.approx(1.0, abs=0.01)
            assert [interest["weight"] for interest in found] == sorted(
                (interest["weight"] for interest in found), reverse=True
            )
    assert encode_profile(profile) == before


def test_what_was_looked_at_lately_weighs_more_at_the_short_half_life() -> None:
    catalog = assortment(60)
    earlier = [event("view_item", item_id) for item_id in ("p000", "p012", "p024")]
    lately = [event("view_item", "p001", at_s=2 * 86_400)]
    explained = explain_interests(visitor(catalog, *earlier, *lately), catalog)
    assert explained["15m"]["categories"][0]["category"].startswith("Sport")
    assert {category["category"] for category in explained["15m"]["categories"]} == {"Sport", "Sport > Sport 0"}
    assert {category["category"].split(" ")[0] for category in explained["30d"]["categories"]} == {"Home", "Sport"}


def test_more_than_is_remembered_is_explained_with_the_whole_catalog() -> None:
    catalog = Assortment()
    for number in range(400):
        catalog.put(item(number, category=(f"Top {number % 8}",), brand=f"Brand {number % 20}"))
    random = Random(4)
    looks = [event("view_item", f"p{random.randrange(50) * 8:03}", at_s=number) for number in range(80)]
    found = explain_interests(visitor(catalog, *looks), catalog)["24h"]["categories"]
    assert found[0]["category"] == "Top 0"
    assert found[0]["weight"] > 0.5
