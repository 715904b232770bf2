"""Memberships: who is to be looked at again comes up in time, and nobody is passed over."""

from models.segments.membership import Member, Membership
from store import keys
from store.client import Client
from store.visitors.memberships import MembershipStore
from tests.store.visitors.makers import SameForAll, put_membership

MEMBER = Membership(moves=1, stage="active", due_s=50.0, members=[Member("buyers", 10.0)])


def test_the_longest_overdue_comes_first_and_who_is_not_due_does_not(client: Client, site: str) -> None:
    memberships = MembershipStore(client)
    for visitor, due_s in (("late", 20.0), ("later", 10.0), ("soon", 90.0)):
        put_membership(client, site, 2, [visitor], SameForAll(Membership(moves=1, stage="active", due_s=due_s)))
    assert memberships.due(site, 2, 9.9, 10) == []
    assert memberships.due(site, 2, 50.0, 10) == ["later", "late"]
    assert memberships.due(site, 2, 50.0, 1) == ["later"]
    assert memberships.due(site, 3, 50.0, 10) == [], "another partition"


def test_a_scan_gives_everybody(client: Client, site: str) -> None:
    memberships = MembershipStore(client)
    visitors = {f"v{number}" for number in range(700)}
    put_membership(client, site, 2, sorted(visitors), SameForAll(MEMBER))
    cursor, found = 0, dict[str, Membership]()
    while True:
        cursor, some = memberships.scan(site, 2, cursor, 100)
        found.update(some)
        if cursor == 0:
            break
    assert found.keys() == visitors
    assert set(map(repr, found.values())) == {repr(MEMBER)}
    assert memberships.get(site, 2, "v0") == MEMBER
    assert memberships.get(site, 2, "nobody") is None


def test_what_is_to_be_told_is_kept_in_order_until_it_was(client: Client, site: str) -> None:
    memberships = MembershipStore(client)
    put_membership(client, site, 2, ["v"], SameForAll(MEMBER, [b"one", b"two", b"three"]))
    assert memberships.notices(site, 2) == [b"one", b"two", b"three"]
    assert memberships.told(site, 2, [b"one", b"two"]) == 1
    assert memberships.told(site, 2, [b"one"]) == 1, "told again, it takes nothing else with it"
    assert memberships.notices(site, 2) == [b"three"]
    assert client.ttl(keys.notices(site, 2)) > 0
