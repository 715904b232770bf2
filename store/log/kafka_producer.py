"""Appending to a log on Kafka: records are in it once every replica in sync has them."""

import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from store.log.kafka_client import KafkaBroker
from store.log.log import LogUnavailableError

_LOGGER = logging.getLogger(__name__)

MAX_RECORD_BYTES: Final = 1_000_000


class KafkaProducer:
    """Appends to one topic; thread-safe.

    Parameters
    ----------
    broker, topic
        Where to.
    """

    def __init__(self, broker: KafkaBroker, topic: str) -> None:
        self._broker = broker
        self._name = topic
        self._delivery_timeout_s = broker.delivery_timeout_s
        self._making = threading.Lock()
        self._producer = self._new_producer()
        self._closed = threading.Event()
        self._reports = threading.Thread(target=self._serve_reports, name=f"log-{topic}", daemon=True)
        self._reports.start()

    def append(self, records: Sequence[tuple[int, bytes]]) -> list[int]:
        """Append `(partition, value)` pairs; gives their positions. Raises `LogUnavailableError`."""
        if not records:
            return []
        delivery = _Delivery(len(records))
        deadline_s = time.monotonic() + self._delivery_timeout_s
        producer = self._producer
        for index, (partition, value) in enumerate(records):
            report = partial(delivery.report, index)
            while True:
                try:
                    producer.produce(self._name, value, partition=partition, on_delivery=report)
                    break
                except BufferError as error:  # the broker is slower than we are
                    if time.monotonic() >= deadline_s:
                        raise LogUnavailableError(f"Kafka: the queue to the broker stays full: {error}") from error
                    time.sleep(0.005)
                except KafkaException as error:
                    self._replace_if_fatal(producer, error.args[0])
                    raise LogUnavailableError(f"Kafka: {error}") from error
        # The producer's own timeout reports every record; ours only guards against a missing report.
        if not delivery.done.wait(self._delivery_timeout_s + 5):
            raise LogUnavailableError(f"Kafka: no delivery report within {self._delivery_timeout_s + 5:g} s")
        if delivery.error is not None:
            self._replace_if_fatal(producer, delivery.error)
            raise LogUnavailableError(f"Kafka: {delivery.error.str()}") from KafkaException(delivery.error)
        return delivery.positions

    def close(self) -> None:
        """Send what is queued; again does nothing."""
        if self._closed.is_set():
            return
        self._producer.flush(self._delivery_timeout_s)
        self._closed.set()
        self._reports.join()

    def _new_producer(self) -> Producer:
        return Producer(
            self._broker.client_settings(
                {
                    "acks": "all",
                    "enable.idempotence": True,
                    "linger.ms": 1,
                    "message.timeout.ms": int(self._delivery_timeout_s * 1000),
                    "message.max.bytes": MAX_RECORD_BYTES + 1_000,
                }
            ),
            logger=_LOGGER,
        )

    def _replace_if_fatal(self, failed: Producer, error: KafkaError) -> None:
        # An idempotent producer that cannot tell what the broker has stops for good; the next one starts afresh.
        if not error.fatal() and error.code() != KafkaError._FATAL:  # noqa: SLF001 - the library's own name for it
            return
        with self._making:
            if self._producer is failed:
                _LOGGER.warning("log %s: starting a new producer: %s", self._name, error.str())
                self._producer = self._new_producer()

    def _serve_reports(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(0.1)


class _Delivery:
    """Reports of one append's records, as they come in on the thread that serves the producer."""

    def __init__(self, count: int) -> None:
        self.positions = [0] * count
        self.error: KafkaError | None = None
        self.done = threading.Event()
        self._left = count

    def report(self, index: int, error: KafkaError | None, message: "Message[Any, Any]") -> None:
        offset = message.offset()
        if error is not None:
            self.error = error
        elif offset is not None:
            self.positions[index] = offset + 1
        self._left -= 1
        if self._left == 0:
            self.done.set()
