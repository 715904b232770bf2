"""Connections to Kafka: whoever sets up the broker has the last word."""

from store.log.kafka_client import KafkaBroker


def test_extra_settings_win_over_ours_and_the_connections() -> None:
    broker = KafkaBroker("one:9092", {"socket.timeout.ms": 1, "log_level": 7})
    settings = broker.client_settings({"group.id": "g", "log_level": 0})
    assert settings["bootstrap.servers"] == "one:9092"
    assert (settings["group.id"], settings["log_level"], settings["socket.timeout.ms"]) == ("g", 7, 1)


def test_a_connections_own_settings_win_over_the_common_ones() -> None:
    assert KafkaBroker("one:9092").client_settings({"reconnect.backoff.ms": 9})["reconnect.backoff.ms"] == 9
