"""Traces: where in Redis and in the archive of a running stack some texts, such as visitors' ids, still stand."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from shopwindow.embedded_stack import EmbeddedStack
from store.client import Client

LOG = b"log:"
"""How keys of the logs begin."""


def pieces(value: Any) -> Iterator[bytes]:
    """Every text in what Redis answered."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from pieces(list(value.items()))
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from pieces(part)


def stored(client: Client, name: bytes) -> Any:
    """What a key holds, whole."""
    readers: dict[bytes, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": lambda key: client.xrange(key),
    }
    return readers[client.type(name)](name) if client.exists(name) else []  # type: ignore[index]


def keys_with(client: Client, names: Sequence[str]) -> list[tuple[bytes, str]]:
    """Keys, those of the logs among them, that name or hold one of some texts."""
    found = []
    for key in client.scan_iter():
        held = list(pieces(stored(client, key)))
        for name in names:
            sought = name.encode()
            if sought in key or any(sought in piece for piece in held):
                found.append((key, name))
    return found


def rows_with(stack: EmbeddedStack, names: Sequence[str]) -> int:
    """Rows of the archive's files in which one of the texts stands, in any column."""
    count = 0
    for file in Path(stack.settings.data_dir).rglob("*.parquet*"):
        for row in pq.read_table(file).to_pylist():
            count += any(name in str(row) for name in names)
    return count
