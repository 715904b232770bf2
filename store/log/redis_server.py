"""The server behind a log on Redis: connections of one owner, scripts over them, and what its errors mean."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha1
from typing import Any, Final, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

from store.log.log import LogUnavailableError
from store.refusals import UNAVAILABLE

REDIS_TIMEOUT_S: Final = 2.0  # a healthy server answers within milliseconds
_KEPT_SETTINGS = frozenset(
    {"host", "port", "path", "db", "username", "password", "credential_provider", "client_name", "socket_read_size"}
)


class ScriptCall(NamedTuple):
    """A script to run: its text, KEYS and ARGV."""

    script: str
    keys: Sequence[str]
    arguments: Sequence[str | int | bytes]


class RedisServer:
    """Connections of one owner to the server that `source` names, and scripts run over them."""

    def __init__(self, source: redis.Redis) -> None:
        settings = source.connection_pool.connection_kwargs
        kept = {key: value for key, value in settings.items() if key in _KEPT_SETTINGS or key.startswith("ssl_")}
        pool = redis.ConnectionPool(
            connection_class=source.connection_pool.connection_class,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            **kept,
        )
        self.client: redis.Redis = redis.Redis.from_pool(pool)
        # Entries stay the flat lists the server sent: redis-py's dictionaries cost more than all our own work on them.
        self.client.set_response_callback("XREAD", _unchanged)
        self.command: Callable[..., Any] = self.client.execute_command

    def execute(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """Run scripts in one round trip, in order; their answers."""
        answers: list[Any] = [None] * len(calls)
        open_calls = list(range(len(calls)))
        with redis_errors_translated():
            for attempt in range(3):
                if not open_calls:
                    break
                with self.client.pipeline(transaction=False) as pipe:
                    if attempt:  # the server is new or was restarted
                        for script in sorted({calls[index].script for index in open_calls}):
                            pipe.script_load(script)
                    loaded = len(pipe.command_stack)
                    for index in open_calls:
                        call = calls[index]
                        pipe.evalsha(_digest(call.script), len(call.keys), *call.keys, *call.arguments)
                    results = pipe.execute(raise_on_error=False)[loaded:]
                unknown = []
                for index, result in zip(open_calls, results, strict=True):
                    if isinstance(result, NoScriptError):
                        unknown.append(index)
                    elif isinstance(result, Exception):
                        raise result
                    answers[index] = result
                open_calls = unknown
        if open_calls:
            raise LogUnavailableError("Redis does not keep scripts between two commands")
        return answers

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self.client.connection_pool.disconnect()


def _unchanged(response: object, **_: object) -> object:
    return response


@cache
def _digest(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


@contextmanager
def redis_errors_translated() -> Iterator[None]:
    """Raise `LogUnavailableError` for what a server that is away, full or failing over answers."""
    try:
        yield
    except UNAVAILABLE as error:
        raise LogUnavailableError(f"Redis: {error}") from error
