"""Devices, before and after it is known whose they are."""

from random import Random

from models.catalog.feature_hashing import vector_of
from models.events.events import Event
from models.visitor.identity import Link, identified
from models.visitor.interest_sketch import Sketches
from models.visitor.profile import Profile
from models.visitor.profile_batch import Change, learn
from tests.models.makers import START_S, event


def learned(profile: Profile, *events: Event, first: int = 1) -> Profile:
    """The profile after events at positions from `first` on."""
    profiles = [profile]
    changes = [Change(0, first + place, event) for place, event in enumerate(events)]
    learn(profiles, changes, lambda item: vector_of((f"brand:{item.item_id}",)))
    return profiles[0]


def login(device: str, user: str, at_s: float) -> Event:
    return identified("demo", device, Link(START_S + at_s, user), START_S + at_s)


def vectors(profile: Profile, at_s: float) -> list[float]:
    found: list[float] = Sketches([profile.sketch]).as_of(0, START_S + at_s).ravel().tolist()
    return found


def shopping(seed: int, start_s: float) -> list[Event]:
    """A visitor who looks around and fills a cart, each event with a time of its own."""
    random = Random(seed)
    names = ["view_item", "view_item", "add_to_cart", "page_view", "add_to_wishlist"]
    return [
        event(
            random.choice(names), f"item{random.randrange(8)}", at_s=start_s + 7 * number, event_id=f"{seed}-{number}"
        )
        for number in range(12)
    ]
