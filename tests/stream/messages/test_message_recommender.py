"""MessageRecommender: lists that messages carry, from the newest models, about something else than the message."""

import pytest

from models.learner.learner import Learner
from models.learner.snapshot import encode_snapshot
from models.triggers.about import About
from models.triggers.evaluation import TriggerOutcome
from models.triggers.trigger import parse_trigger
from models.triggers.trigger_state import Timer
from models.visitor.profile import Profile
from store.client import Client
from store.site.models import ModelStore
from stream.messages import message_recommender
from stream.messages.message_recommender import MessageRecommender
from tests.models.makers import assortment, event

CATALOG = assortment(12)


def outcome(strategy: str, *item_ids: str, limit: int = 4) -> TriggerOutcome:
    """A trigger that was carried out, about items."""
    written = {"trigger_id": "x", "when": {"cart_left": {}}, "recommend": {"strategy": strategy, "limit": limit}}
    timer = Timer("x", "s", 0.0, 0.0, 1.0)
    return TriggerOutcome("0-1", "sent", parse_trigger(written), timer, 0.0, "", "", ("topic",), [*item_ids], About())


def publish(models: ModelStore, site: str, favourite: str) -> None:
    """Publish models by which everybody wants one item."""
    learner = Learner()
    for position in range(1, 31):
        told = event("view_item", favourite, visitor=f"v{position}", at_s=float(position))
        learner.learn_event(0, position, told, CATALOG)
    learner.version = models.snapshot_version(site).number
    snapshot = learner.snapshot()
    assert models.lead(site)
    assert models.publish(site, b"-", snapshot.version, encode_snapshot(snapshot), snapshot.engine.tables())


def test_a_list_is_made_before_anything_was_learned_and_without_what_the_message_is_about(
    client: Client, site: str
) -> None:
    made = MessageRecommender(ModelStore(client), 0.0)
    items = made.items(site, "v", Profile(), outcome("similar", "p000"), CATALOG)
    ids = [chosen.item.item_id for chosen in items]
    assert len(set(ids)) == 4
    assert "p000" not in ids
    assert {item.category[0] for item in (CATALOG.items[item_id] for item_id in ids[:1])} == {"Home"}
    without = made.items(site, "v", Profile(), outcome("similar", "", "p000", *ids), CATALOG)
    assert not {"p000", *ids} & {chosen.item.item_id for chosen in without}


def test_newer_models_count_and_are_not_looked_for_with_every_message(
    client: Client, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ModelStore(client)
    made = MessageRecommender(models, 0.0)

    def first() -> str:
        return made.items(site, "v", Profile(), outcome("trending", limit=1), CATALOG)[0].item.item_id

    publish(models, site, "p007")
    assert first() == "p007"
    publish(models, site, "p003")
    assert first() == "p007", "looked just now"
    monkeypatch.setattr(message_recommender, "_LOOK_EVERY_S", 0.0)
    made = MessageRecommender(models, 0.0)
    assert first() == "p003"
    publish(models, site, "p009")
    assert first() == "p009"
