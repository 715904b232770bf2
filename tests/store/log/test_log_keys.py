"""Keys of the log in Redis: names both servers can hold, and one slot for whatever a script touches together."""

import pytest
from redis.crc import key_slot

from store.log import log_keys


@pytest.mark.parametrize("name", ["events", "shopwindow.events-2_a", "x" * 200])
def test_a_name_both_servers_can_hold_is_taken(name: str) -> None:
    assert log_keys.valid_name(name) == name


@pytest.mark.parametrize("name", ["", "x" * 201, "a log", "a/b", "a{b}", "ä", "events\n"])
def test_any_other_name_is_refused_and_named(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 200 of the characters") as found:
        log_keys.valid_name(name)
    assert repr(name) in str(found.value)


def test_what_one_script_touches_is_in_one_slot_and_partitions_are_apart() -> None:
    def slots(partition: int) -> set[int]:
        names = [log_keys.records("events", partition), log_keys.groups("events", partition)]
        names += [log_keys.holders("events", partition), log_keys.lease("events", partition, "g")]
        assert len(set(names)) == 4
        return {key_slot(name.encode()) for name in names}

    assert [len(slots(partition)) for partition in range(8)] == [1] * 8
    assert len(set().union(*(slots(partition) for partition in range(8)))) == 8
    whole = [log_keys.partition_count("events"), log_keys.members("events", "g")]
    assert len({key_slot(name.encode()) for name in whole}) == 1
    assert log_keys.lease("events", 1, "g") != log_keys.lease("events", 1, "h")
