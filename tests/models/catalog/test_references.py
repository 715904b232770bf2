"""What things name, and what of it is there."""

import pytest

from models.catalog.references import (
    Noun,
    Reference,
    is_met,
    named_by,
    references_of,
    unmet_warnings,
    written_references,
)
from models.catalog.resources import (
    Audience,
    Creative,
    Experiment,
    ListChange,
    MerchandisingRule,
    Placement,
    SlotChange,
    Variant,
)
from tests.models.makers import assortment

RULE = MerchandisingRule(
    rule_id="r",
    action="boost",
    item_ids=("p000",),
    brand="Brand 1",
    campaign_ids=("k0",),
    creative_ids=("c0",),
    placements=("hero",),
    audience=Audience(any_of=("s",)),
    ends_at_s=100.0,
)


def test_everything_a_thing_names_is_found() -> None:
    creative = Creative(creative_id="c", campaign_id="k", item_ids=("p1",), category=("Home", "Kitchen"), brand="Brisa")
    assert list(references_of(creative)) == [
        ("campaign_id", "campaign", "k"),
        ("item_ids", "item", "p1"),
        ("category", "category", "Home > Kitchen"),
        ("brand", "brand", "Brisa"),
    ]
    variant = Variant(
        variant_id="b",
        lists={"trending": ListChange(category=("Toys",))},
        placements={"hero": SlotChange(creative_ids=("c1",))},
        rules=(RULE,),
    )
    experiment = Experiment(experiment_id="e", variants=(variant,), audience=Audience(none_of=("t",)))
    named = {(noun, name) for _, noun, name in references_of(experiment)}
    assert named == {
        ("segment", "t"), ("segment", "s"), ("placement", "hero"), ("creative", "c1"), ("category", "Toys"),
        ("creative", "c0"), ("campaign", "k0"), ("item", "p000"), ("brand", "Brand 1"),
    }  # fmt: skip
    assert list(references_of(Placement(placement_id="p"))) == []


def test_a_written_rule_names_categories_and_brands_however_deep() -> None:
    rule = {"all": [{"interest": {"category": "Home>Kitchen"}}, {"not": {"interest": {"brand": " Brisa "}}}]}
    assert list(written_references(rule)) == [
        ("category", "category", "Home > Kitchen"),
        ("brand", "brand", "Brisa"),
    ]


@pytest.mark.parametrize(
    ("noun", "name", "met"),
    [
        ("item", "p000", True),
        ("item", "p999", False),
        ("brand", "BRAND 1", True),
        ("brand", "Brand", False),
        ("placement", "hero", True),
        ("placement", "heroes", False),
        ("campaign", "k0", True),
        ("creative", "c99", False),
        ("segment", "anything", True),
    ],
)
def test_what_is_there_is_met(noun: Noun, name: str, met: bool) -> None:
    assert is_met(Reference("x", noun, name), assortment(creatives=3)) == met


def test_categories_are_met_by_path_and_by_any_level() -> None:
    made = assortment()
    top, below = next(path for path in made.categories() if len(path) == 2)
    for name, met in ((top, True), (f"{top} > {below}", True), (below, True), (f"{below} > {top}", False)):
        assert is_met(Reference("category", "category", name), made) == met


def test_what_is_not_there_is_warned_of_once_with_what_was_meant() -> None:
    missing = Reference("item_ids", "item", "p0000")
    (warning,) = unmet_warnings("r", [missing, missing, Reference("item_ids", "item", "p001")], assortment())
    assert (warning["id"], warning["field"], warning["code"]) == ("r", "item_ids", "item_unknown")
    assert "did you mean p000?" in warning["message"]


def test_what_is_in_force_is_said_to_name_a_thing() -> None:
    made = assortment(creatives=3)
    made.put(RULE)
    made.put(Experiment(experiment_id="e", variants=(Variant(variant_id="a", rules=(RULE,)),), ends_at_s=50.0))
    assert named_by("creative", "c0", made, 10.0) == ["rule r", "experiment e"]
    assert named_by("creative", "c0", made, 60.0) == ["rule r"]
    assert named_by("creative", "c0", made, 100.0) == []
    assert named_by("creative", "c1", made, 10.0) == []
