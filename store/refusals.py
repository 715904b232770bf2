"""Refusals: what Redis answers where it takes a command later, though not now; one place says what they are.

Redis names most of them with a code in front. Some come out of a script, behind the script's own error, and for some
the client has no class: the connections here raise `RefusedForNowError` for those.
"""

import re
from functools import cache
from typing import Any, Final

import redis
import redis.asyncio
from redis.exceptions import ClusterDownError, ClusterError, OutOfMemoryError, ResponseError, TryAgainError

_CODES: Final = (
    "OOM",  # maxmemory is reached, and nothing may be evicted
    "MISCONF",  # the disk behind the append-only file or the snapshots is full or failing
    "NOREPLICAS",  # fewer replicas than min-replicas-to-write
    "READONLY",  # a replica, while a failover is under way
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "BUSY",  # another's script has been running for too long
    "UNBLOCKED",  # who waited for records is sent away, since the server follows another from now on
)
_REFUSED: Final = re.compile(rf"(?:^|-|because of: )(?:{'|'.join(_CODES)})\b")
_LONGEST: Final = 400
"""Characters of an answer that are looked at: the code stands at the front, or behind the place in a script."""


class RefusedForNowError(ResponseError):
    """Redis does not take a command now: it is full, failing over, or its disk is."""


UNAVAILABLE = (
    redis.ConnectionError,  # BusyLoadingError is one
    redis.TimeoutError,
    redis.ReadOnlyError,
    OutOfMemoryError,
    TryAgainError,
    ClusterDownError,
    ClusterError,
    redis.exceptions.SlotNotCoveredError,
    RefusedForNowError,
    OSError,
)
"""What a Redis that is away, full, starting or failing over raises, and a disk: wait and try again."""


class _Refusing:
    """A connection that tells refusals from errors."""

    def set_parser(self, parser_class: type[Any]) -> None:
        super().set_parser(_refusing_parser(parser_class))  # type: ignore[misc, arg-type]


class PlainConnection(_Refusing, redis.Connection):
    """A connection over TCP."""


class SecureConnection(_Refusing, redis.SSLConnection):
    """A connection over TLS."""


class SocketConnection(_Refusing, redis.UnixDomainSocketConnection):
    """A connection over a Unix socket."""


class AsyncPlainConnection(_Refusing, redis.asyncio.Connection):
    """A connection of an event loop over TCP."""


class AsyncSecureConnection(_Refusing, redis.asyncio.SSLConnection):
    """A connection of an event loop over TLS."""


class AsyncSocketConnection(_Refusing, redis.asyncio.UnixDomainSocketConnection):
    """A connection of an event loop over a Unix socket."""


def is_refusal(answer: str) -> bool:
    """Whether an error that Redis answered means: not now.

    >>> is_refusal("NOREPLICAS Not enough good replicas to write.")
    True
    >>> is_refusal("ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed")
    True
    >>> is_refusal("WRONGTYPE Operation against a key holding the wrong kind of value")
    False
    """
    return _REFUSED.search(answer[:_LONGEST]) is not None


@cache
def _refusing_parser(parser_class: type[Any]) -> type[Any]:
    """Give a parser of answers that raises `RefusedForNowError` where the client has no class of its own."""

    def parse_error(answer: str) -> Exception:
        error: Exception = parser_class.parse_error(answer)
        plain = type(error) in (ResponseError, redis.exceptions.ExecAbortError)
        return RefusedForNowError(answer) if plain and is_refusal(answer) else error

    return type(f"Refusing{parser_class.__name__}", (parser_class,), {"parse_error": staticmethod(parse_error)})
