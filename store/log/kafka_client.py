"""The broker behind a log on Kafka: where it is, how it is asked, and what its errors mean."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import confluent_kafka.admin
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from store.log.log import LogUnavailableError

admin: Any = confluent_kafka.admin  # its type stubs leave out half of what it exports

_Answer = TypeVar("_Answer")

KAFKA_TIMEOUT_S: Final = 10.0

# The broker is there but not yet done with what it was asked before, such as making the topic or electing a leader.
_NOT_YET: Final = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
    }
)
# What the client remembers of the topic is not so any more: a broker was started again, or another leads a partition.
_STALE: Final = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.LISTENER_NOT_FOUND,
        KafkaError._NOENT,  # noqa: SLF001 - "no leaders found" in the library's own words
    }
)
_FIRST_WAIT_S: Final = 0.02
_LONGEST_WAIT_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class KafkaBroker:
    """Where a broker is.

    Parameters
    ----------
    bootstrap_servers
        `host:port`, several with commas.
    extra
        librdkafka settings for every connection, such as `security.protocol`; they win over ours.
    delivery_timeout_s
        Longest an append waits for it, in seconds.
    """

    bootstrap_servers: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    delivery_timeout_s: float = 10.0

    def client_settings(self, *own: Mapping[str, Any]) -> dict[str, Any]:
        """Give librdkafka's settings of a connection: the common ones, its own, then `extra`."""
        settings: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1000,  # back within about a second of the broker
            "socket.timeout.ms": int(KAFKA_TIMEOUT_S * 1000),
            "socket.nagle.disable": True,
        }
        for overriding in (*own, self.extra):
            settings.update(overriding)
        return settings


@contextmanager
def kafka_errors_translated() -> Iterator[None]:
    """Raise `LogUnavailableError` for whatever the client raises."""
    try:
        yield
    except KafkaException as error:
        raise LogUnavailableError(f"Kafka: {error.args[0]}") from error


def answered(ask: Callable[[], _Answer], refresh: Callable[[], object]) -> _Answer:
    """Ask the broker, again while it says "not yet"; and with `refresh`, which asks it for the topic's leaders anew,
    where what the client remembers of them is stale: left to itself it would be refused for ever."""
    deadline_s = time.monotonic() + KAFKA_TIMEOUT_S
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            with kafka_errors_translated():
                return ask()
        except LogUnavailableError as error:
            cause = error.__cause__
            code = cause.args[0].code() if isinstance(cause, KafkaException) else None
            if code not in _NOT_YET | _STALE or time.monotonic() >= deadline_s:
                raise
        if code in _STALE:
            with kafka_errors_translated():
                refresh()
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def unless_refused(entries: list[TopicPartition]) -> list[TopicPartition]:
    """Give what the broker answered of each partition; raises `KafkaException` where it refused one."""
    for entry in entries:
        if entry.error is not None:
            raise KafkaException(entry.error)
    return entries


def result_of(answer: "Future[Any]") -> Any:
    """Wait for an answer of the admin client."""
    return answer.result(KAFKA_TIMEOUT_S + 5)
