"""What only the log on Kafka has to stand; the contract is in `test_log.py`."""

import subprocess
import sys
import uuid

import pytest
from confluent_kafka import KafkaException

from store.log.kafka_client import KafkaBroker, admin
from store.log.kafka_log import KafkaLog
from store.log.log import LogUnavailableError
from tests.servers import Broker

ROUNDS = 3


@pytest.mark.kafka
def test_a_group_is_asked_about_safely_while_its_coordinator_goes_and_comes(kafka_broker: Broker) -> None:
    """What a broker that has only just started answers, "not coordinator", once killed the process that asked."""
    if kafka_broker.kind != "apache":
        pytest.skip("drops the broker's offsets topic, so the broker has to be ours")
    # In a process of its own: what once went wrong was a segmentation fault.
    command = [sys.executable, "-m", "tests.store.log.test_kafka_log", kafka_broker.bootstrap]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0, f"ended with {said.returncode}: {said.stdout}{said.stderr[-2000:]}"
    assert [int(line) for line in said.stdout.split()] == list(range(1, ROUNDS + 1))


def main(bootstrap: str) -> None:
    """Drop the offsets topic and commit, time and again; prints what is committed after each."""
    client = admin.AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    log = KafkaLog(KafkaBroker(bootstrap), f"coordinator-{uuid.uuid4().hex[:8]}", 1, 3600)
    log.commit("readers", {0: 1})
    for number in range(1, ROUNDS + 1):
        for answer in client.delete_topics(["__consumer_offsets"]).values():
            try:
                answer.result(20)
            except KafkaException as error:
                sys.stderr.write(f"{error}\n")
        done = [0]
        while done != [number]:
            try:
                log.commit("readers", {0: number})
                done = log.committed("readers")
            except LogUnavailableError as error:
                sys.stderr.write(f"{error}\n")
        sys.stdout.write(f"{done[0]}\n")
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
