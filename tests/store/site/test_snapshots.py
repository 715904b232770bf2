"""Snapshots: the newest that can be read is served, and looked at once."""

from models.catalog.assortment import Assortment
from models.learner.learner import Learner
from models.learner.snapshot import encode_snapshot
from store.client import Client
from store.site.models import ModelStore
from store.site.snapshots import SnapshotFollower
from store.unreadable import Unreadable
from tests.models.makers import event


def publish(models: ModelStore, site: str, learner: Learner) -> None:
    """Publish what was learned."""
    snapshot = learner.snapshot()
    assert models.publish(site, b"-", snapshot.version, encode_snapshot(snapshot), snapshot.engine.tables())


def test_the_newest_snapshot_that_can_be_read_is_served(client: Client, site: str) -> None:
    told: list[Unreadable] = []
    models, learner = ModelStore(client), Learner()
    followed = SnapshotFollower(models, site, told.append)
    assert models.lead(site)
    assert not followed.look(), "nothing is published"
    learner.learn_event(0, 1, event("view_item", "p001", visitor="v", at_s=1.0), Assortment())
    publish(models, site, learner)
    assert followed.look()
    assert not followed.look(), "seen"
    served = followed.snapshot
    assert served.events == 1
    models.publish(site, b"-", 9, b"broken", b"broken")
    assert not followed.look()
    assert (followed.snapshot, [found.kind for found in told]) == (served, ["snapshot"])
    learner.learn_event(0, 2, event("view_item", "p002", visitor="v", at_s=2.0), Assortment())
    publish(models, site, learner)
    assert followed.look()
    assert followed.snapshot.events == 2
