"""Profiles: no save overwrites newer state, every event is counted once, every key ends."""

from collections.abc import Callable

from redis.crc import key_slot

from models.events.events import Event
from models.events.names import VISITOR_DELETED
from models.visitor.contact_history import ContactHistory
from models.visitor.identity import Link, Part
from models.visitor.profile import Profile, encode_profile
from store import keys
from store.client import Client
from store.keys import USUAL_LIFETIMES, Lifetimes
from store.visitors.pending import Accepted, keep_pending
from store.visitors.profiles import ProfileStore, ProfileUpdate, SavedEvents, is_nobody
from tests.models.makers import START_S

LIFETIME_S = 3_600.0


def moved_to(position: int) -> Callable[[list[str], list[Profile]], list[ProfileUpdate]]:
    """Learn one event that leads to a position, where the profile is not there yet."""

    def learn(visitors: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        return [
            ProfileUpdate(Profile(position=position, user_id=visitor), SavedEvents(1, 2))
            if entry.position < position
            else ProfileUpdate(entry)
            for visitor, entry in zip(visitors, profiles, strict=True)
        ]

    return learn


def keys_of(client: Client, site: str) -> list[bytes]:
    return sorted(client.scan_iter(match=f"{site}:*"))


def test_profiles_are_read_as_they_were_saved(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    visitors = [f"v{number}" for number in range(1_200)]  # more than fit one call
    assert store.load(site, 3, visitors[:2]) == [Profile(), Profile()]
    assert store.update_profiles(site, 3, visitors, moved_to(7)) == SavedEvents(1_200, 2_400)
    found = store.load(site, 3, visitors)
    assert [(entry.position, entry.user_id) for entry in found] == [(7, visitor) for visitor in visitors]
    assert store.counts(site, 8) == {"applied": 1_200, "duplicates": 2_400}
    assert store.load(site, 3, []) == []


def test_what_is_learned_already_is_neither_saved_nor_counted_again(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    store.update_profiles(site, 0, ["v"], moved_to(7))
    before = client.get(keys.profile(site, 0, "v"))
    assert store.update_profiles(site, 0, ["v"], moved_to(7)) == SavedEvents()
    assert store.counts(site, 1) == {"applied": 1, "duplicates": 2}
    assert client.get(keys.profile(site, 0, "v")) == before


def test_a_save_over_a_profile_that_moved_on_is_refused_and_learned_again(client: Client, site: str) -> None:
    store, other = (
        ProfileStore(client, Lifetimes(profile_s=LIFETIME_S)),
        ProfileStore(client, Lifetimes(profile_s=LIFETIME_S)),
    )
    seen: list[list[int]] = []

    def learn(visitors: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        seen.append([profile.position for profile in profiles])
        if len(seen) == 1:  # another worker is faster, for one of the two
            other.update_profiles(site, 0, ["b"], moved_to(5))
        return moved_to(9)(visitors, profiles)

    assert store.update_profiles(site, 0, ["a", "b"], learn) == SavedEvents(2, 4)
    assert seen == [[0, 0], [5]]
    assert [entry.position for entry in store.load(site, 0, ["a", "b"])] == [9, 9]
    assert store.counts(site, 1)["applied"] == 3


def test_a_slower_worker_leaves_newer_state_alone(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))

    def overtaken(visitors: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        if profiles[0].position == 0:
            store.update_profiles(site, 0, visitors, moved_to(20))
        return moved_to(10)(visitors, profiles)

    assert store.update_profiles(site, 0, ["v"], overtaken) == SavedEvents()
    assert store.load(site, 0, ["v"])[0].position == 20


def erasure(site: str, user_id: str = "v") -> Event:
    return Event(site=site, event=VISITOR_DELETED, visitor_id="v", user_id=user_id, at_s=START_S, accepted_at_s=START_S)


def test_erasure_leaves_positions_and_drops_what_was_pending(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    store.update_profiles(site, 0, ["v"], moved_to(7))
    keep_pending(client, [Accepted(site, 0, "v", 8, b"{}")])
    store.erase(site, 0, erasure(site), 9)
    assert store.load(site, 0, ["v"]) == [Profile(position=7, given=9, erased_until=9)]
    assert store.counts(site, 1) == {"applied": 1, "duplicates": 2}, "an erasure is no event that anybody sent"
    assert client.exists(keys.pending(site, 0, "v")) == 0
    store.update_profiles(site, 0, ["v"], moved_to(12))
    store.erase(site, 0, erasure(site), 10)  # came late: what followed it stays
    assert store.load(site, 0, ["v"])[0].position == 12


def test_a_save_that_was_under_way_as_the_visitor_was_erased_is_refused(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    store.update_profiles(site, 0, ["v"], moved_to(7))
    seen: list[int] = []

    def learn(visitors: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
        seen.append(profiles[0].erased_until)
        if len(seen) == 1:
            store.erase(site, 0, erasure(site), 20)
            return moved_to(8)(visitors, profiles)
        return [ProfileUpdate(profiles[0])]

    store.update_profiles(site, 0, ["v"], learn)
    assert seen == [0, 20]
    assert store.load(site, 0, ["v"])[0].user_id == ""


def test_a_device_that_others_used_is_erased_as_the_stream_comes_to_it(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    store.update_profiles(site, 0, ["v"], moved_to(7))
    store.links.add([((site, 0, "v"), Link(START_S, "ann")), ((site, 0, "v"), Link(START_S + 9, "bob"))])
    store.erase(site, 0, erasure(site, "ann"), 9)
    kept = store.load(site, 0, ["v"])[0]
    assert (kept.user_id, kept.erased_until, kept.erased_in_turn) == ("v", 9, True)
    assert store.links.read([(site, 0, "v")]) == {}
    store.erase(site, 0, erasure(site, "bob"), 11)
    again = store.load(site, 0, ["v"])[0]
    assert (again.erased_until, again.erased_in_turn) == (11, True), "the stream has not come to the first yet"
    assert again.stamp not in (kept.stamp, Profile(position=7).stamp)


def test_a_dead_letter_is_counted_once_however_often_it_is_set_aside(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    for positions in ([3, 5], [3, 5], [5, 8], [8], [2]):
        store.count_dead_letters(site, 0, positions)
    store.count_dead_letters(site, 1, [1])
    assert store.counts(site, 2) == {"dead_letters": 4}


def test_every_key_has_a_lifetime_and_a_partition_one_slot(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))
    store.update_profiles(site, 5, ["a", "b"], moved_to(7))
    store.count_dead_letters(site, 5, [9, 10, 11])
    keep_pending(client, [Accepted(site, 5, "a", 8, b"{}")])
    found = keys_of(client, site)
    assert len(found) == 4
    for name in found:
        assert client.ttl(name) > 0, name
    assert 0 < client.ttl(keys.profile(site, 5, "a")) <= LIFETIME_S
    slots = {key_slot(name) for name in found}
    assert slots == {key_slot(b"5")}
    store.count_rejected(site, 2)
    assert store.counts(site, 8) == {"applied": 2, "duplicates": 4, "dead_letters": 3, "rejected": 2}


def test_a_write_gives_the_profile_its_whole_life_again(client: Client, site: str) -> None:
    ProfileStore(client, Lifetimes(profile_s=10.0)).update_profiles(site, 0, ["v"], moved_to(1))
    assert client.ttl(keys.profile(site, 0, "v")) <= 10
    ProfileStore(client, Lifetimes(profile_s=LIFETIME_S)).update_profiles(site, 0, ["v"], moved_to(2))
    assert client.ttl(keys.profile(site, 0, "v")) > 10


def test_the_stored_form_is_the_models(client: Client, site: str) -> None:
    ProfileStore(client, Lifetimes(profile_s=LIFETIME_S)).update_profiles(site, 0, ["v"], moved_to(1))
    assert client.get(keys.profile(site, 0, "v")) == encode_profile(Profile(position=1, user_id="v"))


def test_what_restrains_lives_as_long_as_what_could_send(client: Client, site: str) -> None:
    store = ProfileStore(client, Lifetimes(profile_s=LIFETIME_S))

    def told(history: ContactHistory | None) -> Callable[[list[str], list[Profile]], list[ProfileUpdate]]:
        def learn(_: list[str], profiles: list[Profile]) -> list[ProfileUpdate]:
            profile = profiles[0]
            profile.position += 1
            profile.contact_history = history
            return [ProfileUpdate(profile, SavedEvents(1))]

        return learn

    for history, restrained in (
        (ContactHistory(refused_at_s=5.0), True),
        (ContactHistory(refused_at_s=5.0, agreed_at_s=6.0), False),
        (ContactHistory(trouble_at_s=5.0), True),
        (ContactHistory(trouble_at_s=5.0, resolved_at_s=6.0), False),
        (None, False),
    ):
        store.update_profiles(site, 1, ["v"], told(history))
        lifetime_s = client.ttl(keys.profile(site, 1, "v"))
        assert (lifetime_s > LIFETIME_S) is restrained
        assert not restrained or lifetime_s >= USUAL_LIFETIMES.trigger_state_s - 1


def test_the_place_of_a_device_goes_once_all_who_used_it_are_erased() -> None:
    taken_back = Part("ann", 0, 4, b"state", 5, back=True)
    over = Part("ann", 0, 4, b"", 5, over=True)
    still_told = Part("ann", 0, 4, b"state", 5)
    left = [is_nobody(Profile(position=9, parts=[part]), "bob") for part in (taken_back, over, still_told)]
    assert left == [True, True, False]
    assert is_nobody(Profile(position=9, parts=[still_told]), "ann")
