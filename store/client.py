"""Connections to Redis, one node or a cluster, made in one place."""

from typing import Any, Final, cast

import redis
import redis.asyncio
import redis.asyncio.cluster
import redis.cluster
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

_CONNECT_S: Final = 5.0

Client = redis.Redis
AsyncClient = redis.asyncio.Redis

UNAVAILABLE = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError, redis.ReadOnlyError, OSError)
"""What a Redis that is away, starting or failing over raises: wait and try again."""


def connect(url: str, *, cluster: bool = False, timeout_s: float = 5.0) -> Client:
    """Open a blocking client.

    One node is asked nothing before the first command; of a cluster one node must answer at once, else
    `redis.ConnectionError` is raised.
    """
    options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    if cluster:
        try:
            return cast(Client, redis.cluster.RedisCluster.from_url(url, **options))
        except redis.RedisClusterException as error:
            if isinstance(error.__cause__, UNAVAILABLE):  # away for now, as opposed to no cluster at all
                raise redis.ConnectionError(str(error)) from error
            raise
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), **options)


def connect_async(url: str, *, cluster: bool = False, timeout_s: float | None = 5.0) -> AsyncClient:
    """Open a client for the event loop; nothing is sent until its first command.

    With None for `timeout_s` whoever asks sees to it that an answer does not take too long: the client's own watch over
    each write and read costs as much as they do.
    """
    options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s or _CONNECT_S}
    if cluster:
        return cast(AsyncClient, redis.asyncio.cluster.RedisCluster.from_url(url, **options))
    return redis.asyncio.Redis.from_url(url, retry=AsyncRetry(NoBackoff(), 1), max_connections=256, **options)
