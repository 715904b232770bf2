"""Lives of a topic: whoever deletes a topic and makes it again has Kafka count offsets from 0, and positions go on.

Profiles, trigger states and models name the position they reflect, and outlive the topic in Redis. So Redis keeps, for
each id the topic has had, the base that its offsets are added to: past every position of the lives before.
"""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from store.client import Client
from store.log import log_keys
from store.log.redis_server import redis_errors_translated
from store.lua import read_script

LIFE_GAP: Final = 1 << 30
"""Bases are multiples of it, and at least so far past the highest position noted: processes note it every second, and
what is appended to a partition while Redis is away fits in between."""
_LOGGER = logging.getLogger(__name__)

OnLost = Callable[[str, str, int], None]


class Life(NamedTuple):
    """One life of a topic: its id, the name of the counting it belongs to, and what its offsets are added to.

    A broker that gives topics no ids leaves the first two empty.
    """

    topic_id: str
    counting: str
    base: int


NO_LIFE: Final = Life("", "", 0)
"""Of a topic without an id, or one that was not looked at yet."""


class _BeginArguments(NamedTuple):
    """ARGV of `begin_life.lua`, in its order."""

    topic_id: str
    known_id: str
    known_counting: str
    known_base: int
    newest: int
    gap: int
    lifetime_s: int


class _Begun(NamedTuple):
    """What `begin_life.lua` returns."""

    counting: bytes
    base: bytes


class Lives:
    """The lives of topics, as all processes know them; thread-safe, blocking.

    Parameters
    ----------
    client
        Of the Redis that profiles are in; closed with `close`.
    on_lost
        Told of a topic, a group and how many records of an earlier life it had not read.
    """

    def __init__(self, client: Client, on_lost: OnLost | None = None) -> None:
        self._client = client
        self._on_lost = on_lost
        self._begin = client.register_script(read_script("begin_life"))

    def life_of(self, topic: str, topic_id: str, known: Life, newest: int) -> Life:
        """Give the life that a topic's id names, the same to everybody.

        Note that the life `known` to the caller, this one or the one before it, has come to the offset `newest`. Where
        Redis has lost what it knew of lives, `known` stands. Raises `LogUnavailableError` where Redis does not answer.
        """
        if not topic_id:
            return NO_LIFE
        arguments = _BeginArguments(topic_id, *known, newest, LIFE_GAP, log_keys.KEPT_S)
        with redis_errors_translated():
            begun = _Begun(*self._begin(keys=[log_keys.lives(topic)], args=arguments))
        return Life(topic_id, begun.counting.decode(), int(begun.base))

    def tell_lost(self, topic: str, group: str, records: int) -> None:
        """Say that a topic was made again, and how much of it a group had not read: at least so much is lost."""
        _LOGGER.warning(
            "log %s: the topic was deleted and made again; %s goes on with the new one, and %d records that it knew of "
            "and had not read are lost",
            topic,
            group,
            records,
        )
        if self._on_lost is not None:
            self._on_lost(topic, group, records)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
