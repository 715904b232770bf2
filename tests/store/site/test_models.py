"""Models of a site: one process writes them, all others read what it wrote last, whole."""

from store import keys
from store.client import Client
from store.site.models import ModelStore
from store.version import NO_VERSION


def test_only_the_leader_may_publish(client: Client, site: str) -> None:
    """The fence: a process that lost the lead writes nothing, however late it wakes up."""
    first, second = ModelStore(client), ModelStore(client)
    assert first.lead(site)
    assert not second.lead(site)
    assert first.publish(site, b"checkpoint", 1, b"snapshot", b"tables")
    assert not second.publish(site, b"other", 2, b"other", b"other")
    first.resign(site)
    assert second.lead(site)
    assert not first.publish(site, b"late", 3, b"late", b"late")
    assert (second.checkpoint(site), second.snapshot_version(site).number) == ((b"checkpoint", b"tables"), 1)


def test_who_leads_stays_so_and_whoever_does_not_cannot_resign_for_it(client: Client, site: str) -> None:
    leader, other = ModelStore(client), ModelStore(client)
    assert leader.lead(site)
    client.expire(keys.leader(site), 1)
    assert leader.lead(site)
    assert client.ttl(keys.leader(site)) > 1, "renewed"
    other.resign(site)
    assert not other.lead(site)
    client.delete(keys.leader(site))  # its time has run out
    assert other.lead(site)
    assert not leader.lead(site)


def test_one_process_leads_and_it_alone_may_publish(client: Client, site: str) -> None:
    first, second = ModelStore(client), ModelStore(client)
    assert first.lead(site)
    assert not second.lead(site)
    assert first.publish(site, b"checkpoint", 3, b"snapshot", b"tables")
    assert not second.publish(site, b"other", 4, b"other", b"other")
    assert (first.checkpoint(site), second.published(site), second.snapshot_version(site).number) == (
        (b"checkpoint", b"tables"),
        (b"snapshot", b"tables"),
        3,
    )
    second.resign(site)  # of a lead it does not hold
    assert not second.lead(site)
    first.resign(site)
    assert second.lead(site)
    assert not first.publish(site, b"late", 5, b"late", b"late")
    assert second.snapshot_version(site).number == 3


def test_models_published_twice_under_one_number_are_told_apart(client: Client, site: str) -> None:
    store = ModelStore(client)
    assert store.lead(site)
    versions = []
    for _ in range(2):
        assert store.publish(site, b"checkpoint", 3, b"snapshot", b"tables")
        versions.append(store.snapshot_version(site))
    assert [version.number for version in versions] == [3, 3]
    assert versions[0] != versions[1]


def test_a_site_without_models_has_version_0(client: Client, site: str) -> None:
    store = ModelStore(client)
    assert (store.checkpoint(site), store.published(site), store.snapshot_version(site)) == (None, None, NO_VERSION)


def test_nothing_is_written_where_nobody_leads_and_everything_written_has_an_end(client: Client, site: str) -> None:
    store = ModelStore(client)
    assert not store.publish(site, b"checkpoint", 1, b"snapshot", b"tables")
    assert list(client.scan_iter(match=f"{site}:*")) == []
    store.lead(site)
    assert store.publish(site, b"checkpoint", 7, b"snapshot", b"tables")
    names = list(client.scan_iter(match=f"{site}:*"))
    assert len(names) == 3
    assert all(client.ttl(name) > 0 for name in names)


def test_a_clock_of_the_server_that_goes_back_keeps_nobody_from_leading(client: Client, site: str) -> None:
    gone, other = ModelStore(client), ModelStore(client)
    assert gone.lead(site)
    client.expire(keys.leader(site), 3_600)  # as it is once the clock went back
    assert not other.lead(site)
    assert client.ttl(keys.leader(site)) <= keys.LEADER_LIFETIME_S
