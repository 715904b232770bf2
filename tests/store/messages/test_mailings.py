"""Mailings: everybody who was in the segment when it began, each once, however the pages are asked for."""

from models.segments.membership import Member, Membership
from store import keys
from store.client import Client
from store.messages.mailings import MailingStore, members_of
from store.visitors.memberships import MembershipStore
from tests.store.visitors.makers import SameForAll, put_membership


def test_members_of_all_partitions_are_found_each_once(client: Client, site: str) -> None:
    inside = SameForAll(Membership(moves=1, stage="active", members=[Member("mailed", 1.0), Member("other", 1.0)]))
    outside = SameForAll(Membership(moves=1, stage="active", members=[Member("other", 1.0)]))
    for partition in range(3):
        put_membership(client, site, partition, [f"in-{partition}-{number:04}" for number in range(1_200)], inside)
        put_membership(client, site, partition, [f"out-{partition}"], outside)
    found = members_of(MembershipStore(client), site, 3, "mailed")
    assert found == [f"in-{partition}-{number:04}" for partition in range(3) for number in range(1_200)]
    assert members_of(MembershipStore(client), site, 3, "nobody") == []


def test_pages_keep_the_order_and_say_how_many_there_are(client: Client, site: str) -> None:
    store = MailingStore(client)
    visitors = [f"v{number}" for number in range(2_500)]  # more than one command writes
    name = store.begin(site, "mailed", visitors)
    assert store.page(site, "mailed", name, 0, 2_000) == (visitors[:2_000], 2_500)
    assert store.page(site, "mailed", name, 2_000, 2_000) == (visitors[2_000:], 2_500)
    assert 0 < client.ttl(keys.mailing(site, "mailed", name)) <= keys.MAILING_LIFETIME_S


def test_a_mailing_of_another_segment_or_none_has_no_pages(client: Client, site: str) -> None:
    store = MailingStore(client)
    name = store.begin(site, "mailed", ["v"])
    assert store.begin(site, "mailed", ["v"]) != name
    assert store.page(site, "other", name, 0, 10) == ([], 0)
    assert store.page(site, "mailed", "0" * 16, 0, 10) == ([], 0)
