"""Bounded protocol: over real connections, whatever a sender does ends, is answered in the API's own shape where it can
be, and leaves nothing behind."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import orjson
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http.edge.bounded_protocol import BoundedProtocol
from api.http.edge.limits import MAX_HEAD_BYTES, MAX_HEADERS, MAX_PIPELINED, MAX_URL_BYTES, Limits
from api.http.edge.open_connections import OpenConnections
from api.http.problems import ProblemError, problem
from api.http.request_body import read_body

BODY_BYTES = 100_000
LIMITS = Limits(connections=60, connections_per_address=50, request_timeout_s=0.5, least_body_rate=1_000)
HEAD = b"Host: a\r\n"
GET = b"GET /a HTTP/1.1\r\n" + HEAD + b"\r\n"
POST = b"POST /a HTTP/1.1\r\n" + HEAD


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what it was sent: its path, headers and body."""
    request = Request(scope, receive)
    if request.url.path == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
            await asyncio.sleep(0)
    response = Response(request.url.path)
    try:
        if request.method == "POST" and request.url.path != "/unread":
            body = await read_body(request, BODY_BYTES)
            names = " ".join(sorted(request.headers))
            response = Response(f"{len(body)} {names}")
    except ProblemError as error:
        response = problem(error.status, error.code, error.detail, error.headers)
    await response(scope, receive, send)


class Server:
    """uvicorn in a thread, and its connections."""

    def __init__(self, limits: Limits) -> None:
        self.connections = OpenConnections(limits)
        made: Any = partial(BoundedProtocol, self.connections)
        config = uvicorn.Config(application, port=0, http=made, ws="none", lifespan="off", log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(LIMITS)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def nothing_is_left(server: Server) -> Iterator[None]:
    """Each test ends without a connection or a byte that is counted still."""
    yield
    wait_until(lambda: server.connections.total == 0)
    assert server.connections.held_bytes == 0


class Talk:
    """A connection to the server."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.settimeout(30)

    def send(self, *parts: bytes, pause_s: float = 0.0) -> "Talk":
        """Send, as far as anybody listens."""
        with contextlib.suppress(OSError):
            for part in parts:
                self._socket.sendall(part)
                time.sleep(pause_s)
        return self

    def answers(self) -> list[tuple[int, bytes]]:
        """Read until the server closes; gives status and body of each answer."""
        came = b""
        with contextlib.suppress(ConnectionError), self._socket:
            while part := self._socket.recv(65_536):
                came += part
        found = []
        while came:
            head, _, rest = came.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            found.append((int(head.split(b" ")[1]), rest[:length]))
            came = rest[length:]
        return found

    def codes(self) -> list[tuple[int, str]]:
        """Read until the server closes; gives status and code of each problem, and no code of other answers."""
        return [(status, code(body) if status >= 400 else "") for status, body in self.answers()]

    def close(self) -> None:
        self._socket.close()


def code(body: bytes) -> str:
    told = orjson.loads(body)
    assert told["type"] == f"urn:shopwindow:problem:{told['code']}"
    assert told["detail"]
    return str(told["code"])


def many(part: bytes, number: int) -> list[bytes]:
    return [part] * number


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        ([b"GET /", *many(b"a" * 1_000, 300)], (414, "url_too_long")),
        ([b"GET /" + b"a" * MAX_URL_BYTES + b" HTTP/1.1\r\n\r\n"], (414, "url_too_long")),
        ([b"GET / HTTP/1.1\r\n", *many(b"a: " + b"b" * 1_000 + b"\r\n", 300)], (431, "headers_too_large")),
        ([b"GET / HTTP/1.1\r\na: ", *many(b"b" * 1_000, 300)], (431, "headers_too_large")),
        ([b"GET / HTTP/1.1\r\n", *many(b"b" * 1_000, 300)], (431, "headers_too_large")),
        ([b"GET / HTTP/1.1\r\n", *many(b"a:\r\n", 300)], (431, "headers_too_many")),
        ([b"A" * 100_000], (400, "request_invalid")),
        ([POST, b"Transfer-Encoding: chunked\r\n\r\n3;x=", *many(b"b" * 1_000, 300)], (431, "headers_too_large")),
        (
            [POST, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", *many(b"a:\r\n", 300)],
            (431, "headers_too_many"),
        ),
        (
            [POST, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\na: ", *many(b"b" * 1_000, 300)],
            (431, "headers_too_large"),
        ),
        ([POST, b"Content-Length: 9999999\r\n\r\n", *many(b"b" * 10_000, 30)], (413, "body_too_large")),
        (
            [POST, b"Transfer-Encoding: chunked\r\n\r\n", *many(b"2710\r\n" + b"b" * 10_000 + b"\r\n", 30)],
            (413, "body_too_large"),
        ),
    ],
)
def test_what_is_too_long_is_refused_before_it_ends(
    server: Server, parts: list[bytes], answer: tuple[int, str]
) -> None:
    assert Talk(server).send(*parts).codes() == [answer]


def test_what_just_fits_is_taken(server: Server) -> None:
    url = b"/" + b"a" * (MAX_URL_BYTES - 1)
    small = MAX_HEADERS - 2  # each counts with the signs around it
    filling = MAX_HEAD_BYTES - len(url) - 6 * small - len("Connection: close\r\n") - len("b: \r\n")
    head = b"GET " + url + b" HTTP/1.1\r\nConnection: close\r\nb:" + b"b" * filling + b"\r\n"
    assert Talk(server).send(head, b"a:b\r\n" * small, b"\r\n").answers() == [(200, url)]
    assert Talk(server).send(head, b"a:b\r\n" * (small - 1), b"a:bb\r\n\r\n").codes() == [(431, "headers_too_large")]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: 3, 4\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Host: b\r\n",
        b"a: b\rc: d\r\n",
        b"a: b\nc: d\r\n",
        b"a: b\r\n c\r\n",
        b"a: b\0c\r\n",
        b": b\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(server: Server, head: bytes) -> None:
    sent = POST + head + b"\r\n3\r\nabc\r\n0\r\n\r\n" + GET
    assert Talk(server).send(sent).codes() == [(400, "request_invalid")]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /a HTTP/1.1\n" + HEAD + b"\n",
        b"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    ],
)
def test_what_is_no_http_1_1_is_refused(server: Server, sent: bytes) -> None:
    assert Talk(server).send(sent + GET).codes() == [(400, "request_invalid")]


def test_headers_behind_a_body_are_nobodys(server: Server) -> None:
    sent = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nAuthorization: y\r\n\r\n"
    assert Talk(server).send(sent).answers() == [(200, b"1 connection host transfer-encoding")]


@pytest.mark.parametrize(
    "parts",
    [
        many(b"GET", 3) + many(b"x", 300),
        [b"GET / HTTP/1.1\r\n", *many(b"a: b\r\n", 90)],
        [GET[:-2], *many(b"a", 300)],
    ],
)
def test_a_head_that_trickles_is_ended(server: Server, parts: list[bytes]) -> None:
    began_s = time.monotonic()
    found = Talk(server).send(*parts, pause_s=0.02).codes()
    assert found in ([(408, "request_too_slow")], [(400, "request_invalid")])
    assert time.monotonic() - began_s > LIMITS.request_timeout_s / 2


@pytest.mark.parametrize("parts", [[], many(b"\r\n", 100), [GET]])
def test_whoever_asks_nothing_more_is_hung_up_on(server: Server, parts: list[bytes]) -> None:
    talk = Talk(server).send(*parts, *([b"\r\n"] if parts else []), pause_s=0.02)
    assert [status for status, _ in talk.answers()] == ([200] if parts == [GET] else [])


def test_a_body_that_trickles_is_ended_and_one_that_comes_steadily_is_not(server: Server) -> None:
    head = POST + b"Connection: close\r\nContent-Length: 4000\r\n\r\n"
    assert Talk(server).send(head, *many(b"b" * 8, 200), pause_s=0.02).codes() == [(408, "request_too_slow")]
    assert Talk(server).send(head).codes() == [(408, "request_too_slow")]
    [(status, body)] = Talk(server).send(head, *many(b"b" * 80, 50), pause_s=0.02).answers()
    assert (status, body.split()[0]) == (200, b"4000")


def test_three_hundred_half_open_connections_hold_nobody_up(server: Server) -> None:
    talks = [Talk(server) for _ in range(300)]
    for talk in talks:
        talk.send(b"POST /a HTTP/1.1\r\n")
    answered = [answer for talk in talks for answer in talk.codes()]
    assert {status for status, _ in answered} <= {408, 503}
    assert Talk(server).send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).answers() == [(200, b"/a")]


def test_an_address_opens_no_more_than_its_share(server: Server) -> None:
    held = [Talk(server) for _ in range(LIMITS.connections_per_address)]
    wait_until(lambda: server.connections.total == len(held))
    [(status, body)] = Talk(server).answers()
    assert (status, code(body)) == (503, "connections_too_many")
    assert b"127.0.0.1" in body
    held.pop().close()
    wait_until(lambda: server.connections.total == len(held))
    assert Talk(server).send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).answers() == [(200, b"/a")]
    for talk in held:
        talk.close()


def test_requests_sent_ahead_are_answered_in_turn_up_to_a_limit(server: Server) -> None:
    asked = [b"GET /%d HTTP/1.1\r\n%s\r\n" % (number, HEAD) for number in range(MAX_PIPELINED)]
    found = Talk(server).send(b"".join(asked), b"\r\n").answers()
    assert found == [(200, b"/%d" % number) for number in range(MAX_PIPELINED)]
    found = Talk(server).send(b"".join(asked) * 50).answers()
    assert found == [(200, b"/%d" % number) for number in range(MAX_PIPELINED)] + found[MAX_PIPELINED:]
    assert len(found) < 3 * MAX_PIPELINED


def test_what_was_asked_before_nonsense_is_answered_and_the_nonsense_is_not(server: Server) -> None:
    assert Talk(server).send(GET * 3 + b"\0\0\0").answers() == [(200, b"/a")] * 3


def test_a_request_for_another_protocol_is_answered_in_this_one_and_ends_it(server: Server) -> None:
    sent = GET[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET * 2
    assert Talk(server).send(sent).answers() == [(200, b"/a")]


def test_nothing_is_read_after_what_is_to_be_the_last(server: Server) -> None:
    sent = GET[:-2] + b"Connection: close\r\n\r\n" + GET
    assert Talk(server).send(sent).answers() == [(200, b"/a")]


def test_one_answered_early_may_end_its_body_and_go_on(server: Server) -> None:
    head = b"POST /unread HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\n\r\n"
    assert Talk(server).send(head, b"abc", b"de" + GET, pause_s=0.1).answers() == [(200, b"/unread"), (200, b"/a")]


@pytest.mark.parametrize("rest", [[], many(b"b" * 10_000, 300), many(b"b", 300)])
def test_one_answered_early_is_not_listened_to_for_long(server: Server, rest: list[bytes]) -> None:
    head = b"POST /unread HTTP/1.1\r\n" + HEAD + b"Content-Length: 90000000\r\n\r\n"
    assert Talk(server).send(head, *rest, pause_s=0.01).answers() in ([(200, b"/unread")], [])


def test_who_waits_to_send_a_body_that_is_refused_sends_none(server: Server) -> None:
    head = POST + b"Expect: 100-continue\r\nContent-Length: 900000\r\n\r\n"
    assert Talk(server).send(head).codes() == [(413, "body_too_large")]


def test_who_takes_no_answer_is_hung_up_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.edge.bounded_protocol._TAKEN_WITHIN_S", 0.3)
    talk = Talk(server).send(b"GET /stream HTTP/1.1\r\n" + HEAD + b"\r\n")
    wait_until(lambda: server.connections.total == 1)
    wait_until(lambda: server.connections.total == 0)
    assert server.connections.total == 0
    talk.close()


def test_bodies_that_are_coming_are_bounded_together(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.edge.open_connections.MAX_HELD_BYTES", 400_000)
    head = POST + b"Content-Length: 60000\r\n\r\n"
    talks = [Talk(server).send(head, b"b" * 40_000) for _ in range(5)]
    answered = [answer for talk in talks for answer in talk.codes()]
    assert (503, "bodies_too_large") in answered
    assert (408, "request_too_slow") in answered
