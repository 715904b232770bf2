"""Lives of a topic: where positions count from is one truth, whoever asks, and never goes back."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopwindow.embedded import EmbeddedRedis, free_port
from store.client import connect
from store.log import log_keys
from store.log.kafka_lives import LIFE_GAP, NO_LIFE, Life, Lives
from store.log.log import LogUnavailableError
from tests.store.log.logs import new_name


def test_the_first_life_counts_from_nothing_and_each_later_one_past_all_that_was(redis_server: EmbeddedRedis) -> None:
    lives, topic = Lives(connect(redis_server.url)), new_name()
    first = lives.life_of(topic, "a", NO_LIFE, 0)
    assert first == lives.life_of(topic, "a", first, 3 * LIFE_GAP + 7) == Life("a", "a", 0)
    second = lives.life_of(topic, "b", first, 5)
    assert second == Life("b", "a", 5 * LIFE_GAP), "at least a gap past the highest that was ever noted"
    assert lives.life_of(topic, "a", second, 9) == first, "who is late hears what was decided"
    assert lives.life_of(topic, "c", second, 10) == Life("c", "a", 7 * LIFE_GAP)
    assert lives.life_of(topic, "b", NO_LIFE, 0) == second
    assert lives.life_of(topic, "d", NO_LIFE, 0).base == 9 * LIFE_GAP, "though nobody noted how far the one before came"
    assert lives.life_of(topic, "", second, 0) == NO_LIFE


def test_whoever_asks_at_once_hears_the_same(redis_server: EmbeddedRedis) -> None:
    topic = new_name()
    first = Lives(connect(redis_server.url)).life_of(topic, "a", NO_LIFE, 0)

    def ask(newest: int) -> Life:
        return Lives(connect(redis_server.url)).life_of(topic, "b", first, newest)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(50)))) == 1


def test_who_has_a_base_keeps_it_where_redis_has_lost_it(redis_server: EmbeddedRedis) -> None:
    client, topic = connect(redis_server.url), new_name()
    lives = Lives(client)
    second = lives.life_of(topic, "b", lives.life_of(topic, "a", NO_LIFE, 0), 3)
    client.delete(log_keys.lives(topic))
    assert lives.life_of(topic, "b", second, 8) == second
    assert lives.life_of(topic, "b", NO_LIFE, 0) == second
    assert lives.life_of(topic, "c", second, 8) == Life("c", "a", 2 * second.base)
    assert 0 < client.ttl(log_keys.lives(topic)) <= log_keys.KEPT_S


def test_what_is_lost_is_told_and_a_redis_that_is_away_too(caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[str, str, int]] = []
    lives = Lives(connect(f"redis://127.0.0.1:{free_port()}/0"), lambda *lost: told.append(lost))
    with caplog.at_level(logging.WARNING):
        lives.tell_lost("events", "profile", 12)
    assert told == [("events", "profile", 12)]
    assert "log events: the topic was deleted and made again" in caplog.text
    with pytest.raises(LogUnavailableError, match="Redis: "):
        lives.life_of("events", "a", NO_LIFE, 0)
    lives.close()
