"""Random sessions that counters are taught with."""

from random import Random

ITEMS = 30


def random_sessions(seed: int) -> list[list[int]]:
    random = Random(seed)
    return [[random.randrange(ITEMS) for _ in range(random.randrange(2, 9))] for _ in range(80)]
