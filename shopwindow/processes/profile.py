"""The profile process: visitor profiles, and where visitors stand."""

from shopwindow.build import clock_kind, default_currency, default_thresholds, lifetimes
from shopwindow.processes.stream import stream_process
from shopwindow.settings import Settings
from store.clock import open_clock
from store.log.groups import PROFILE_GROUP
from store.site.catalog import CatalogStore
from store.site.segments import SegmentStore
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore
from stream.profile_flow import run_profile


def serve_profile(settings: Settings) -> None:
    """Run the profile flow until it is told to stop."""
    with stream_process(settings, PROFILE_GROUP) as (client, context):
        told = context.dead_letters.unreadable
        run_profile(
            context,
            ProfileStore(client, lifetimes(settings), told),
            CatalogStore(client, default_currency(settings)),
            SegmentStore(client, default_thresholds(settings)),
            MembershipStore(client, told),
            open_clock(clock_kind(settings), client),
        )
