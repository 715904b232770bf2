"""Profiles that have learned events."""

from collections.abc import Sequence
from random import Random
from typing import Any

from models.catalog.feature_hashing import tokens_of, vector_of
from models.events.events import Event
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import event


def apply(profile: Profile, events: Sequence[Event], start: int = 0) -> tuple[Profile, list[str]]:
    """Learn events at the positions after `start`."""
    profiles = [profile]
    changes = [Change(0, start + number, event) for number, event in enumerate(events, start=1)]
    outcomes = learn(profiles, changes, lambda item: vector_of(tokens_of(item)))
    return profiles[0], list(outcomes)


def profile_of(*events: Event) -> Profile:
    return apply(Profile(), events)[0]


def busy(count: int) -> list[Event]:
    """A visitor who does everything, with long ids."""
    random = Random(2)
    names = ["view_item", "add_to_cart", "purchase", "add_to_wishlist", "remove_from_cart", "page_view", "own_event"]
    events = []
    for number in range(count):
        name = random.choice(names)
        ids = [f"item-{random.randrange(5_000):036}" for _ in range(random.randint(1, 4))]
        params: dict[str, Any] = {"transaction_id": f"order-{number:030}"} if name == "purchase" else {}
        events.append(
            event(name, *ids, at_s=number * 40.0, params=params, event_id=f"e{number}", user_id="user-" + "x" * 30)
        )
    return events
