"""Token buckets: how often each of very many senders may do something, in bounded memory and constant work."""

from typing import Final

_MOST_SENDERS: Final = 100_000


class TokenBuckets:
    """A bucket for each sender, full at first, filled at a rate; one number is kept of each who is active.

    Kept is when a bucket will be full again (the generic cell rate algorithm [1]_): one that is full is forgotten.
    Senders stand in two generations. When the younger one is old, or holds half of `most`, it becomes the older one,
    and what was in that is gone: full again by then, unless there are more senders than are kept.

    Parameters
    ----------
    rate_per_s
        Tokens a second; 0 for no limit.
    burst
        Tokens of a full bucket; less than one is one.
    most
        Senders kept.

    >>> buckets = TokenBuckets(rate_per_s=2, burst=1)
    >>> buckets.draw("a", now_s=0), buckets.draw("a", now_s=0.1), buckets.draw("a", now_s=0.5)
    (0.0, 0.4, 0.0)

    .. [1] ITU-T I.371, "Traffic control and congestion control in B-ISDN".
    """

    __slots__ = ("_depth_s", "_each_s", "_half", "_old", "_turned_s", "_young")

    def __init__(self, rate_per_s: float, burst: float, most: int = _MOST_SENDERS) -> None:
        self._each_s = 1 / rate_per_s if rate_per_s else 0.0
        self._depth_s = max(0.0, burst - 1) * self._each_s
        self._half = most // 2
        self._young: dict[str, float] = {}
        self._old: dict[str, float] = {}
        self._turned_s = 0.0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def draw(self, sender: str, now_s: float) -> float:
        """Take a token of a sender's; gives 0, or the seconds until there is one, and then takes none.

        `now_s` is of a clock that never goes back.
        """
        if not self._each_s:
            return 0.0
        if now_s - self._turned_s > self._depth_s + self._each_s or len(self._young) >= self._half:
            self._old, self._young, self._turned_s = self._young, {}, now_s
        full_s = self._young.get(sender)
        if full_s is None:
            full_s = self._old.get(sender, now_s)
        if full_s < now_s:
            full_s = now_s
        wait_s = full_s - now_s - self._depth_s
        if wait_s > 0:
            return wait_s
        self._young[sender] = full_s + self._each_s
        return 0.0
