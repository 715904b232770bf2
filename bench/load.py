"""Open-loop load over HTTP: requests leave when they are due, whether or not earlier ones have been answered.

Latency counts from the moment a request was due, so that a server that stalls is charged for everyone who had to wait
(coordinated omission, Tene, "How NOT to Measure Latency", 2013).
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import orjson


class Sent(NamedTuple):
    """One request: what kind, milliseconds from due to answered, HTTP status (0 for none), the body."""

    kind: str
    latency_ms: float
    status: int
    body: bytes


class Request(NamedTuple):
    """One request to send."""

    kind: str
    data: bytes


def get(kind: str, path: str, key: str) -> Request:
    """Make a GET request."""
    return Request(kind, f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode())


def post(kind: str, path: str, key: str, body: object) -> Request:
    """Make a POST request."""
    content = orjson.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return Request(kind, head.encode() + content)


class Connections:
    """Kept-alive connections to one server, used by one request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: Request, due_s: float) -> Sent:
        """Send a request that was due at `due_s` of the monotonic clock."""
        while True:
            reused = bool(self._idle)
            try:
                reader, writer = self._idle.pop() if reused else await asyncio.open_connection(self._host, self._port)
                writer.write(request.data)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
                body = await reader.readexactly(length)
            except (OSError, asyncio.IncompleteReadError, IndexError):
                if reused:
                    continue  # the server had closed a connection that lay idle for long
                return Sent(request.kind, (time.monotonic() - due_s) * 1000, 0, b"")
            self._idle.append((reader, writer))
            return Sent(request.kind, (time.monotonic() - due_s) * 1000, int(head[9:12]), body)

    def close(self) -> None:
        """Close all idle connections."""
        for _, writer in self._idle:
            writer.close()


async def open_loop(
    connections: Connections, rate_per_s: float, seconds: float, make: Callable[[int], Request]
) -> list[Sent]:
    """Send `rate_per_s · seconds` requests, evenly spaced; gives them all, in the order they were due."""
    started_s = time.monotonic() + 0.05
    tasks: list[asyncio.Task[Sent]] = []
    for number in range(int(rate_per_s * seconds)):
        due_s = started_s + number / rate_per_s
        ahead_s = due_s - time.monotonic()
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        tasks.append(asyncio.create_task(connections.send(make(number), due_s)))
    return list(await asyncio.gather(*tasks))
