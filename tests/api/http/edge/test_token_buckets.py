"""Token buckets: held against one that counts tokens by hand; memory stays bounded, and what is forgotten was full."""

from random import Random

import pytest

from api.http.edge.token_buckets import TokenBuckets


class Plain:
    """One bucket, as everybody would write it."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.tokens, self.at_s = rate, burst, burst, 0.0

    def draw(self, now_s: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now_s - self.at_s) * self.rate)
        self.at_s = now_s
        if self.tokens < 1 - 1e-6:
            return False
        self.tokens -= 1
        return True


@pytest.mark.parametrize("seed", range(5))
def test_it_gives_what_counting_tokens_gives(seed: int) -> None:
    random = Random(seed)
    rate, burst = random.uniform(0.5, 50), random.randint(1, 40)
    buckets, plain = TokenBuckets(rate, burst), {name: Plain(rate, burst) for name in "abc"}
    now_s = 1_000.0
    for _ in range(3_000):
        now_s += random.expovariate(2 * rate)
        name = random.choice("abc")
        near = abs(plain[name].tokens + (now_s - plain[name].at_s) * rate - 1) < 1e-5
        wait_s = buckets.draw(name, now_s)
        assert near or (wait_s == 0) is plain[name].draw(now_s)


def test_a_wait_is_how_long_it_takes() -> None:
    buckets = TokenBuckets(rate_per_s=4, burst=3)
    assert [buckets.draw("a", 10.0) for _ in range(4)] == [0, 0, 0, 0.25]
    assert buckets.draw("a", 10.25 + 1e-9) == 0


def test_whoever_is_refused_waits_no_longer_for_asking_again() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=1)
    buckets.draw("a", 0.0)
    assert [buckets.draw("a", 0.5) for _ in range(100)] == [0.5] * 100


def test_senders_are_forgotten_once_their_bucket_is_full_and_not_before() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=10)
    for number in range(500):
        buckets.draw(f"early-{number}", 100.0)
    while buckets.draw("busy", 100.0) == 0:
        pass
    for moment in range(1, 10):
        assert buckets.draw("other", 100.0 + moment) == 0
        while buckets.draw("busy", 100.0 + moment) == 0:
            pass
        assert buckets.draw("busy", 100.0 + moment) > 0
    buckets.draw("other", 125.0)
    buckets.draw("other", 150.0)
    assert len(buckets) <= 2


def test_no_flood_of_senders_is_kept_whole() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=2, most=1_000)
    for number in range(20_000):
        assert buckets.draw(str(number), 5.0) == 0
        assert len(buckets) <= 1_000


def test_no_rate_is_no_limit_and_keeps_nobody() -> None:
    buckets = TokenBuckets(rate_per_s=0, burst=0)
    assert [buckets.draw("a", 0.0) for _ in range(1_000)] == [0.0] * 1_000
    assert len(buckets) == 0
