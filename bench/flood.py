"""Does the API stay as large as it is, and go on answering, whatever is thrown at it?

    python -m bench.flood --seconds 10 --connections 300

Each flood comes from a process and an address of its own, while a well-behaved client beside it asks for lists at an
even rate. All floods come twice: what a process once needed it keeps, so the first round says how large it gets, and
the second that it gets no larger. Exit code 1 where it does, where it got too large, or where the client was not
answered.
"""

import argparse
import asyncio
import gzip
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing import get_context
from typing import Any, Final

import httpx
import orjson
import uvloop

from bench.load import Connections, Request, get, open_loop
from bench.machine import machine, percentiles
from bench.stack import make_history, running_stack

VISITORS: Final = 200
ATTACKER: Final = "127.0.0.2"
"""The well-behaved come from 127.0.0.1: all of 127.0.0.0/8 is this machine."""
MOST_GROWTH_MB: Final = 192
"""By how much memory may grow at all: bodies that come in may be 128 MB, a quarter of it from one address."""
MOST_DRIFT_MB: Final = 24
"""By how much a second round may leave more behind than the first."""
ROUNDS: Final = 2
_LOOK_EVERY_S: Final = 0.1


class Target:
    """The API as an attacker sees it."""

    def __init__(self, port: int, key: str, until_s: float) -> None:
        self.port = port
        self.until_s = until_s
        self.head = b"Host: a\r\nAuthorization: Bearer " + key.encode() + b"\r\n"
        self.ends: Counter[str] = Counter()
        self.opened = 0

    def is_on(self) -> bool:
        """Whether the flood goes on."""
        return time.monotonic() < self.until_s

    async def talk(self, first: bytes, more: bytes = b"", pause_s: float = 0.0, *, reads: bool = True) -> None:
        """Send something once, and more until it is refused or time is up; notes how that ended."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(ATTACKER, 0))
        except OSError:
            self.ends["no connection"] += 1
            await asyncio.sleep(0.05)
            return
        try:
            writer.write(first)
            while more and self.is_on() and not reader.at_eof():
                writer.write(more)
                await asyncio.wait_for(writer.drain(), 5)
                await asyncio.sleep(pause_s)
                if reader._buffer:  # type: ignore[attr-defined]  # noqa: SLF001 - an answer ends it
                    break
            left_s = max(0.1, self.until_s - time.monotonic())
            status = await asyncio.wait_for(reader.read(12), left_s) if reads else b""
            self.ends[status[9:].decode("ascii", "replace") or "closed"] += 1
            if not reads:
                await asyncio.sleep(left_s)
        except (OSError, TimeoutError):
            self.ends["cut"] += 1
        finally:
            writer.close()


Flood = Callable[[Target], Awaitable[None]]


async def _endless_headers(target: Target) -> None:
    await target.talk(b"GET / HTTP/1.1\r\na: ", b"b" * 65_536)


async def _endless_url(target: Target) -> None:
    await target.talk(b"GET /", b"b" * 65_536)


async def _endless_body(target: Target) -> None:
    first = b"POST /v1/events HTTP/1.1\r\n" + target.head + b"Transfer-Encoding: chunked\r\n\r\n"
    await target.talk(first, b"8000\r\n" + b" " * 0x8000 + b"\r\n")


async def _slow_heads(target: Target) -> None:
    await target.talk(b"GET / HTTP/1.1\r\na: ", b"b", 0.2)


async def _slow_bodies(target: Target) -> None:
    first = b"POST /v1/events HTTP/1.1\r\n" + target.head + b"Content-Length: 500000\r\n\r\n" + b" " * 120_000
    await target.talk(first, b" " * 50, 0.2)


_BOMB: Final = gzip.compress(b" " * 200_000_000)


async def _bombs(target: Target) -> None:
    length = f"Content-Encoding: gzip\r\nContent-Length: {len(_BOMB)}\r\n\r\n".encode()
    await target.talk(b"POST /v1/events HTTP/1.1\r\n" + target.head + length + _BOMB)


async def _idle(target: Target) -> None:
    await target.talk(b"", reads=True)


async def _requests(target: Target) -> None:
    await target.talk((b"GET /v1/recommendations HTTP/1.1\r\n" + target.head + b"\r\n") * 16)


async def _wrong_keys(target: Target) -> None:
    await target.talk(b"GET /v1/status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer guessed-key\r\n\r\n")


async def _streams(target: Target) -> None:
    target.opened += 1
    first = b"GET /v1/visitors/v%d/messages HTTP/1.1\r\nAccept: text/event-stream\r\n" % (target.opened % 100)
    await target.talk(first + target.head + b"\r\n", reads=False)


async def _unread_answers(target: Target) -> None:
    await target.talk((b"GET /openapi.json HTTP/1.1\r\n" + target.head + b"\r\n") * 16, reads=False)


FLOODS: Final[dict[str, Flood]] = {
    "endless headers": _endless_headers,
    "endless addresses": _endless_url,
    "endless chunked bodies": _endless_body,
    "heads that trickle": _slow_heads,
    "bodies that trickle": _slow_bodies,
    "gzip bombs": _bombs,
    "idle connections": _idle,
    "requests beyond the rate": _requests,
    "wrong keys": _wrong_keys,
    "pages that wait": _streams,
    "answers nobody takes": _unread_answers,
}


def attack(name: str, port: int, key: str, seconds: float, connections: int) -> dict[str, int]:
    """Run one flood; gives how its connections ended, by status or in words."""

    async def run() -> dict[str, int]:
        target = Target(port, key, time.monotonic() + seconds)

        async def again() -> None:
            while target.is_on():
                await FLOODS[name](target)

        await asyncio.gather(*(again() for _ in range(connections)))
        return dict(target.ends)

    return uvloop.run(run())


class Memory:
    """The API's resident memory, in MB, as it says it is; the most is looked for in the background."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30)
        self.most = 0.0
        self._ended = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def now(self) -> float:
        """Ask for it."""
        line = next(
            line
            for line in self._client.get("/metrics").text.splitlines()
            if line.startswith("process_resident_memory_bytes ")
        )
        return round(float(line.split()[1]) / 1e6, 1)

    def __enter__(self) -> "Memory":
        self.most = self.now()
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._looking.join()
        self._client.close()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            with suppress(httpx.HTTPError):
                self.most = max(self.most, self.now())


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of each flood")
    parser.add_argument("--connections", type=int, default=300, help="of each flood at once")
    parser.add_argument("--rate", type=float, default=50, help="requests a second of the well-behaved client")
    parser.add_argument("--floods", nargs="+", choices=sorted(FLOODS), default=list(FLOODS))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    found: dict[str, Any] = {name: {"rounds": []} for name in asked.floods}
    changed: dict[str, Any] = {"request_timeout_s": 2.0, "rate_per_address": 300.0, "max_connections_per_address": 250}
    with running_stack(asked.seed, **changed) as (stack, shop):
        for number in range(3):  # models are taken in several times: a process holds two of them for a moment
            make_history(stack, shop, VISITORS, 5, asked.seed + number)
        port, key = stack.settings.port, stack.keys.public_key

        def client(seconds: float) -> dict[str, Any]:
            def make(number: int) -> Request:
                return get("for_you", f"/v1/recommendations?visitor_id=v{number % VISITORS}", key)

            async def run() -> dict[str, Any]:
                connections = Connections("127.0.0.1", port)
                sent = await open_loop(connections, asked.rate, seconds, make)
                connections.close()
                failed = sum(call.status != 200 for call in sent)
                return {"latency_ms": percentiles([call.latency_ms for call in sent]), "errors": failed}

            return uvloop.run(run())

        client(2.0)
        alone = client(min(asked.seconds, 5.0))
        with get_context("spawn").Pool(1) as pool:
            pool.apply(time.sleep, (0,))
            for name in asked.floods * ROUNDS:
                with Memory(stack.url) as memory:
                    before = memory.most
                    flood = pool.apply_async(attack, (name, port, key, asked.seconds, asked.connections))
                    beside = client(asked.seconds)
                    ends = flood.get()
                    time.sleep(1.0)
                    memory_mb = {"before": before, "most": memory.most, "after": memory.now()}
                    found[name]["rounds"].append({"ends": ends, **beside, "memory_mb": memory_mb})
        restarts = stack.restarts
    rounds = [[flood["rounds"][number] for flood in found.values()] for number in range(ROUNDS)]
    first, last = ([flood["memory_mb"] for flood in floods] for floods in (rounds[0], rounds[-1]))
    grown = max(memory["most"] for memory in first + last) - first[0]["before"]
    drift = last[-1]["after"] - first[-1]["after"]
    errors = sum(flood["errors"] for floods in rounds for flood in floods)
    is_flat = grown <= MOST_GROWTH_MB and drift <= MOST_DRIFT_MB
    result: dict[str, Any] = {
        "benchmark": "flood",
        "question": "memory of the API and latency of a well-behaved client while it is flooded",
        "protocol": (
            f"one API process, stream, Redis, the flood and the client on one machine; each flood {ROUNDS} times for "
            f"{asked.seconds:g} s over {asked.connections} connections of one address, opened again as they end; the "
            f"client asks for lists at {asked.rate:g} a second from another, latency from due time; "
            + ", ".join(f"{name} = {value:g}" for name, value in changed.items())
        ),
        "machine": machine(),
        "seed": asked.seed,
        "alone": alone,
        "floods": found,
        "memory_mb": {"grown": round(grown, 1), "drift": round(drift, 1), "is_flat": is_flat},
        "errors": errors,
        "restarts": restarts,
    }
    print(orjson.dumps(result).decode())
    return 0 if is_flat and not errors and not restarts else 1


if __name__ == "__main__":
    sys.exit(main())
