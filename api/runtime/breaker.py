"""Breaker: spares requests the wait for a server that does not answer."""


class Breaker:
    """Spares requests the wait for a server that does not answer.

    After `failures` in a row it opens; every `retry_s` one request tries again, and its success closes it.
    """

    def __init__(self, failures: int = 3, retry_s: float = 0.5) -> None:
        self._failures = failures
        self._retry_s = retry_s
        self._count = 0
        self._next_try_s = 0.0

    def closed(self, now_s: float) -> bool:
        """Whether to ask the server now (monotonic seconds)."""
        if self._count < self._failures:
            return True
        if now_s < self._next_try_s:
            return False
        self._next_try_s = now_s + self._retry_s
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._count = 0

    def failed(self, now_s: float) -> None:
        """Note a failure (monotonic seconds)."""
        self._count += 1
        self._next_try_s = now_s + self._retry_s
