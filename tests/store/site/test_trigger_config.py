"""Triggers and contact policy of a site: its own go before those it is given, and a version tells of each change."""

from models.triggers.trigger import parse_trigger
from models.visitor.contact_policy import parse_policy
from store.client import Client
from store.site.trigger_config import TriggerConfigStore

SECRET = "a plain secret of enough letters"


def test_a_sites_own_triggers_stand_in_place_of_the_shipped_ones(client: Client, site: str) -> None:
    store = TriggerConfigStore(client, parse_policy({"time_zone": "Europe/Berlin", "attribution_days": 3}))
    assert store.version(site).number == 0
    assert store.read(site).policy.attribution_days == 3
    own = parse_trigger({"trigger_id": "cart-left", "when": {"cart_left": {"after": "1h"}}})
    assert store.put_within(site, [own], 1)
    assert store.version(site).number == 1
    assert store.put_within(site, [own], 1)
    assert store.version(site).number == 1  # nothing has changed
    other = parse_trigger({"trigger_id": "other", "when": {"birthday": {}}})
    assert not store.put_within(site, [other], 1)
    configured = store.read(site)
    assert configured.triggers["cart-left"].when == own.when
    assert sorted(configured.own) == ["cart-left"]
    assert store.delete(site, "cart-left")
    assert not store.delete(site, "cart-left")
    assert store.read(site).triggers["cart-left"].when != own.when
    store.put_policy(site, parse_policy({"caps": [{"most": 1, "per": "day"}]}))
    assert store.policy(site).time_zone == "UTC"
    assert store.version(site).number == 3


def test_a_site_without_a_webhook_of_its_own_has_that_of_the_settings(client: Client, site: str) -> None:
    given = parse_policy({"webhook": {"url": "https://given.example/hook", "secret": SECRET}})
    store = TriggerConfigStore(client, given)
    store.put_policy(site, parse_policy({"time_zone": "Europe/Berlin"}))
    found = store.policy(site)
    assert (found.time_zone, found.webhook) == ("Europe/Berlin", given.webhook)
    store.put_policy(site, parse_policy({"webhook": {"url": "https://own.example/hook", "secret": SECRET}}))
    webhook = store.policy(site).webhook
    assert webhook is not None
    assert webhook.url == "https://own.example/hook"
    assert TriggerConfigStore(client, parse_policy({})).read(f"{site}-other").policy.webhook is None


def test_nothing_to_put_is_no_change(client: Client, site: str) -> None:
    store = TriggerConfigStore(client, parse_policy({}))
    assert store.put_within(site, [], 0)
    assert store.version(site).number == 0
    assert sorted(store.read(site).own) == []
