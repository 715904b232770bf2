"""Item groups: who is a variant of what, whatever names and ids shops give."""

from models.catalog.assortment import Assortment
from models.catalog.resources import CatalogItem


def catalog(**groups: str) -> Assortment:
    made = Assortment()
    for item_id, group_id in groups.items():
        made.put(CatalogItem(item_id=item_id, item_group_id=group_id))
    return made


def test_an_item_is_in_the_group_it_names_or_in_its_own() -> None:
    groups = catalog(a="cap", b="cap", cap="", hat="").item_groups
    assert [groups.group_of(item_id) for item_id in ("a", "cap", "hat", "nobody")] == ["cap", "cap", "hat", "nobody"]
    assert groups.members("b") == groups.members("cap") == ["a", "b", "cap"]
    assert groups.members("hat") == ["hat"]
    assert groups.members("nobody") == []
    assert groups.one_each(["hat", "b", "cap", "a", "x", "x"]) == ["hat", "b", "x"]


def test_an_item_that_names_itself_or_another_item_of_a_group_makes_no_knot() -> None:
    groups = catalog(a="a", b="a", c="b", d="b").item_groups
    assert groups.members("a") == groups.members("b") == ["a", "b"]
    assert groups.members("c") == ["c", "d"]
    assert sorted(groups.all_groups()) == [["a", "b"], ["c", "d"]]


def test_groups_follow_what_comes_changes_and_goes() -> None:
    made = catalog(a="cap", b="cap")
    assert made.item_groups
    made.put(CatalogItem(item_id="b", item_group_id="hat"))
    assert (made.item_groups.members("a"), made.item_groups.members("hat")) == (["a"], ["b"])
    made.put(CatalogItem(item_id="a"))
    made.remove("items", "b")
    made.remove("items", "b")
    assert not made.item_groups
    assert made.item_groups.members("cap") == []
