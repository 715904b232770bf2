"""Connections to Redis, one node or a cluster, made in one place."""

import asyncio
from typing import Any, Final, cast

import redis
import redis.asyncio
import redis.asyncio.cluster
import redis.cluster
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from store.refusals import (
    UNAVAILABLE,
    AsyncPlainConnection,
    AsyncSecureConnection,
    AsyncSocketConnection,
    PlainConnection,
    SecureConnection,
    SocketConnection,
)

_CONNECT_S: Final = 5.0
_CLUSTER_S: Final = 1.0
_KEEPS: Final = "noeviction"
_PLAIN: Final = "redis://"
_SECURE: Final = "rediss://"
_SOCKET: Final = "unix://"

Client = redis.Redis
AsyncClient = redis.asyncio.Redis


def connect(url: str, *, cluster: bool = False, timeout_s: float = 5.0) -> Client:
    """Open a blocking client.

    One node is asked nothing before the first command; of a cluster one node must answer at once, else
    `redis.ConnectionError` is raised.
    """
    options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    if cluster:
        connection_class = SecureConnection if url.startswith(_SECURE) else PlainConnection
        try:  # by a plain address: from a secure one the client would take a class of its own
            plain = url.replace(_SECURE, _PLAIN, 1)
            return cast(
                Client, redis.cluster.RedisCluster.from_url(plain, connection_class=connection_class, **options)
            )
        except redis.RedisClusterException as error:
            if isinstance(error.__cause__, UNAVAILABLE):  # away for now, as opposed to no cluster at all
                raise redis.ConnectionError(str(error)) from error
            raise
    options["connection_class"] = _class_for(url, PlainConnection, SecureConnection, SocketConnection)
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), **options)


def evicting(client: Client) -> dict[str, str]:
    """Give the nodes that delete keys once their memory is full, each with its `maxmemory-policy`; the node of a client
    of one node is called ''. Nodes that keep it to themselves are left out."""
    if isinstance(client, redis.cluster.RedisCluster):
        told = cast(dict[str, dict[str, Any]], client.info("memory", target_nodes="primaries"))
        told = {"": told} if "used_memory" in told else told
    else:
        told = {"": client.info("memory")}
    policies = {where: str(memory.get("maxmemory_policy", _KEEPS)) for where, memory in told.items()}
    return {where: policy for where, policy in policies.items() if policy != _KEEPS}


class _PatientCluster(redis.asyncio.cluster.RedisCluster):
    """A cluster whose nodes are found out beside the requests that need them: one that gives up waiting, as those with
    a deadline do, leaves the search going on, and the next finds what came of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._searching: asyncio.Task[Any] | None = None

    async def initialize(self, *arguments: Any, **named: Any) -> "_PatientCluster":
        """Wait until the nodes are known."""
        if self._initialize:
            if self._searching is None or self._searching.done():
                self._searching = asyncio.create_task(super().initialize(*arguments, **named))
            await asyncio.shield(self._searching)
        return self

    async def refresh(self) -> None:
        """Ask again who holds what, while requests go on by what is known."""
        if not self._initialize:
            await self.nodes_manager.initialize()


def is_cluster(client: AsyncClient) -> bool:
    """Whether keys of different slots may lie on different nodes."""
    return isinstance(client, _PatientCluster)


async def refresh_topology(client: AsyncClient) -> None:
    """Have a client of a cluster learn anew which node holds what; of one node there is nothing to learn. Raises what
    the client raises."""
    if isinstance(client, _PatientCluster):
        await client.refresh()


def connect_async(url: str, *, cluster: bool = False, timeout_s: float | None = 5.0) -> AsyncClient:
    """Open a client for the event loop; nothing is sent until its first command.

    With None for `timeout_s` whoever asks sees to it that an answer does not take too long: the client's own watch over
    each write and read costs as much as they do. Of a cluster each node has a second all the same.
    """
    if cluster and timeout_s is None:
        timeout_s = _CLUSTER_S  # a node that hangs must not hold up the search for another
    options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s or _CONNECT_S}
    connection_class = _class_for(url, AsyncPlainConnection, AsyncSecureConnection, AsyncSocketConnection)
    if cluster:
        client = _PatientCluster.from_url(url, **options)
        client.connection_kwargs["connection_class"] = connection_class  # of nodes that it finds
        for node in client.startup_nodes:
            node.connection_class = connection_class
        return cast(AsyncClient, client)
    options["connection_class"] = connection_class
    return redis.asyncio.Redis.from_url(url, retry=AsyncRetry(NoBackoff(), 1), max_connections=256, **options)


def _class_for(url: str, plain: type[Any], secure: type[Any], socket: type[Any]) -> type[Any]:
    """Give the connection for an address by its scheme."""
    return secure if url.startswith(_SECURE) else socket if url.startswith(_SOCKET) else plain
