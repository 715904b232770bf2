"""Item watchers: who wants which item, and what was known of it last."""

from models.triggers.trigger_state import TriggerState
from store import keys
from store.client import Client
from store.log.log import partition_of
from store.messages.item_watchers import ItemWatcherStore
from store.messages.trigger_states import StateUpdate, TriggerStore, WatcherUpdate
from store.version import Version
from tests.store.messages.makers import NOW, PARTITIONS, save


def want(client: Client, site: str, visitor: str, item_id: str, at_s: float) -> None:
    """Have a visitor want an item."""
    wanting = [WatcherUpdate(item_id, at_s, b"[10.0,true]")]
    save(TriggerStore(client), site, visitor, StateUpdate(TriggerState(position=1), wanting=wanting))


def test_who_wanted_an_item_long_ago_is_not_told_any_more(client: Client, site: str) -> None:
    watchers, home = ItemWatcherStore(client), partition_of(site, "v", PARTITIONS)
    want(client, site, "v", "p1", NOW)
    assert watchers.visitors(site, home, "p1", NOW) == ["v"]
    assert watchers.visitors(site, home, "p1", NOW + 0.001) == []
    assert watchers.visitors(site, home, "p2", 0.0) == []


def test_of_items_nobody_wants_nothing_is_known(client: Client, site: str) -> None:
    watchers, home = ItemWatcherStore(client), partition_of(site, "v", PARTITIONS)
    want(client, site, "v", "p1", NOW)
    assert watchers.known(site, home, ["p0", "p1"]) == {"p1": b"[10.0,true]"}
    assert watchers.known(site, home, []) == {}
    watchers.set_known(site, home, {"p1": b"[9.0,true]"})
    watchers.set_known(site, home, {})
    assert watchers.known(site, home, ["p1"]) == {"p1": b"[9.0,true]"}
    assert client.ttl(keys.wanted_known(site, home)) > 0


def test_the_version_compared_is_none_until_one_was(client: Client, site: str) -> None:
    watchers = ItemWatcherStore(client)
    assert watchers.compared_version(site, 1) is None
    watchers.set_compared_version(site, 1, Version(7, "7:abc"))
    assert watchers.compared_version(site, 1) == Version(7, "7:abc")
    assert watchers.compared_version(site, 2) is None
    assert client.ttl(keys.wanted_version(site, 1)) > 0
