"""Wrong keys: whoever tries keys that belong to no site is slowed, and nobody else at the same address."""

from typing import Final, NamedTuple

FREE_TRIES: Final = 5
FORGIVEN_AFTER_S: Final = 60.0
"""A minute without a wrong key, and the next tries are free again."""
_MOST_WAIT_S: Final = 60.0
_MOST_SENDERS: Final = 50_000


class _Tries(NamedTuple):
    number: int
    last_s: float


class WrongKeys:
    """Counts the wrong keys of each address.

    Addresses stand in two generations, as in `TokenBuckets`: the older one is dropped as a whole.

    >>> wrong_keys = WrongKeys()
    >>> [wrong_keys.tried("192.0.2.7", now_s=number / 10) for number in range(8)]
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0]
    """

    def __init__(self) -> None:
        self._young: dict[str, _Tries] = {}
        self._old: dict[str, _Tries] = {}
        self._turned_s = 0.0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def tried(self, sender: str, now_s: float) -> float:
        """Note a wrong key of a sender; gives 0 for one of the first few, else how long to wait, in seconds: longer
        each time.

        `now_s` is of a clock that never goes back.
        """
        if now_s - self._turned_s > FORGIVEN_AFTER_S or len(self._young) >= _MOST_SENDERS // 2:
            self._old, self._young, self._turned_s = self._young, {}, now_s
        before = self._young.get(sender) or self._old.get(sender)
        number = 1 if before is None or now_s - before.last_s > FORGIVEN_AFTER_S else before.number + 1
        self._young[sender] = _Tries(number, now_s)
        beyond = number - FREE_TRIES
        return 0.0 if beyond <= 0 else min(2.0 ** min(beyond - 1, 10), _MOST_WAIT_S)
