"""Page context: a page's item, category and landing link make a profile that is nobody's."""

from models.catalog.resources import Campaign, Creative
from models.decisions.page_context import NO_PAGE, PageContext
from models.visitor.campaign_echo import echoed_campaign
from models.visitor.profile import recent_items
from tests.models.makers import assortment, item

NOW_S = 1_767_268_800.0


def test_the_profile_has_looked_at_the_pages_item_and_counts_no_event() -> None:
    catalog = assortment(6)
    found = PageContext(item_id="p001").profile(catalog, NOW_S)
    assert recent_items(found) == ["p001"]
    assert found.sketch
    assert (found.events_seen, found.position, found.user_id) == (0, 0, "")


def test_of_a_category_the_creative_that_is_closest_to_it_speaks() -> None:
    catalog = assortment(6)
    path = item(0).category
    catalog.put(Campaign(campaign_id="k"))
    for creative_id, category in (("wide", path[:1]), ("close", path), ("other", ("Elsewhere",))):
        catalog.put(Creative(creative_id=creative_id, campaign_id="k", category=category))
    [seen] = recent_items(PageContext(category=path).profile(catalog, NOW_S))
    assert seen.endswith("close")
    assert recent_items(PageContext(category=("Nowhere",)).profile(catalog, NOW_S)) == []


def test_the_landing_link_names_a_campaign_and_the_context_a_device() -> None:
    catalog = assortment(2)
    catalog.put(Campaign(campaign_id="spring"))
    landed = PageContext("https://shop.example/?utm_campaign=spring&utm_source=mail", context={"device": "mobile"})
    found = landed.profile(catalog, NOW_S)
    echoed = echoed_campaign(found, catalog, NOW_S)
    assert echoed is not None
    assert (echoed.campaign_id, found.device) == ("spring", "mobile")
    named = PageContext(context={"campaign": {"name": "spring"}}).profile(catalog, NOW_S)
    assert echoed_campaign(named, catalog, NOW_S) is not None


def test_what_the_catalog_does_not_have_says_nothing() -> None:
    found = PageContext("no address [", "unknown", ("Nowhere",)).profile(assortment(2), NOW_S)
    assert (recent_items(found), found.last_touch) == ([], None)
    assert PageContext() == NO_PAGE
