"""Visitors as the store keeps them, for its tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.events.events import Event
from models.segments.membership import Membership, counts_between
from models.visitor.profile import Profile
from store.client import Client
from store.keys import Lifetimes
from store.visitors.profiles import MembershipUpdate, ProfileStore
from tests.models.makers import event


def look(number: int) -> Event:
    """Look at item `number`, `number` seconds after the start."""
    return event("view_item", f"p{number:03}", at_s=number)


@dataclass(frozen=True)
class SameForAll:
    """A judge who says of everybody the same; `notices` tell of it."""

    membership: Membership
    notices: Sequence[bytes] = ()
    now_s: float = 0.0

    def before(self, _: str, __: Profile, membership: Membership | None) -> MembershipUpdate:
        """Leave it for later."""
        return MembershipUpdate(membership, [], [])

    def after(self, _: str, __: Profile, membership: Membership | None) -> MembershipUpdate:
        """Say it."""
        counts = counts_between(membership, self.membership, [])
        return MembershipUpdate(self.membership, counts, list(self.notices))


def put_membership(client: Client, site: str, partition: int, visitors: Sequence[str], judge: SameForAll) -> None:
    """Keep where visitors stand."""
    ProfileStore(client, Lifetimes(profile_s=3_600.0)).update_memberships(site, partition, visitors, judge)
