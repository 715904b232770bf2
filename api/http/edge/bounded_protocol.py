"""Bounded protocol: uvicorn's HTTP/1.1, with an end to what one connection may send, hold and keep waiting.

uvicorn's own gathers a head of any size before it looks at it, waits for the rest of a request forever, and goes on
reading a body that nobody wants any more.
"""

import asyncio
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.http import metrics
from api.http.edge.limits import MAX_HEAD_BYTES, MAX_HEADERS, MAX_PIPELINED, MAX_URL_BYTES
from api.http.edge.open_connections import OpenConnections
from api.http.problems import ProblemError, problem

_SLICE: Final = 16 * 1024
"""Bytes parsed at once: what is too long is noticed after no more."""
_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 256 * 1024
"""What still comes of a request that was answered early is read so long: closing at once could cost the answer."""
_TAKEN_WITHIN_S: Final = 60.0
"""Whoever does not take an answer within it is not waiting for one."""


class _Part(Enum):
    NONE = 0
    HEAD = 1
    BODY = 2


_NONE, _HEAD, _BODY = _Part
_take_header: Final = HttpToolsProtocol.on_header  # a dozen calls a request: `super` would cost as much again


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    Parameters
    ----------
    connections
        All of this process.
    config, server_state, app_state, _loop
        As uvicorn gives them.
    """

    def __init__(
        self,
        connections: OpenConnections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self._connections = connections
        self._counted = False
        self._address = ""
        self._part = _NONE
        self._requests = 0
        self._url_bytes = self._head_bytes = self._header_count = self._body_bytes = 0
        self._unread_bytes = 0  # parsed since anything was made of it
        self._late_bytes = 0  # come after the answer
        self._refusal: ProblemError | None = None
        self._is_over = False
        self._request_timer: asyncio.TimerHandle | None = None
        self._judged: tuple[int, _Part, int] = (0, _NONE, 0)
        self._answer_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._held_bytes = 0
        self._answering: RequestResponseCycle | None = None

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it where there are too many."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        full = self._connections.open(self._address)
        if full:
            self._is_over = True
            metrics.REFUSED.labels("connections").inc()
            transport.write(_written(ProblemError(503, "connections_too_many", full, {"Retry-After": "1"})))
            transport.close()
            self._abort_unless_taken()
            return
        self._counted = True
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._disconnect()
        for timer in (self._request_timer, self._answer_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        self._release()
        if self._counted:
            self._counted = False
            self._connections.close(self._address)

    def data_received(self, data: bytes) -> None:
        """Parse what came, slice by slice."""
        if self._is_over:
            self._pass_over(len(data))
            return
        self._unset_keepalive_if_required()
        if len(data) <= _SLICE:
            self._parse(data)
        else:
            view = memoryview(data)
            for start in range(0, len(data), _SLICE):
                self._parse(view[start : start + _SLICE])
                if self._is_over:
                    return
        if self._part is _NONE and self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()
        elif not self._is_over:
            if self._request_timer is None:
                self._watch()
            if self._part is _BODY and not self.cycle.response_complete:
                self._hold()

    def _parse(self, data: bytes | memoryview) -> None:
        seen = self._head_bytes + self._body_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Another protocol was asked for: the request is answered in this one, and what follows is in neither.
            self._is_over = True
            self._unwatch()
            self.cycle.keep_alive = False
            return
        except httptools.HttpParserError as error:
            said = f"the request is no HTTP/1.1: {error.__context__ or error}"
            refusal = self._refusal or ProblemError(400, "request_invalid", said)
            # What was raised holds the frames it came through, and these all that was being read.
            self._refusal = refusal.__traceback__ = error.__context__ = None
            self._refuse(refusal)
            return
        if self._part is _NONE or self._head_bytes + self._body_bytes != seen:
            self._unread_bytes = 0
            return
        self._unread_bytes += len(data)
        if self._unread_bytes > MAX_HEAD_BYTES:
            self._refuse(_head_too_large(self._head_bytes + self._unread_bytes))

    def _hold(self) -> None:
        """Count what has come of a body, while more is to come."""
        more = self._body_bytes - self._held_bytes
        self._held_bytes = self._body_bytes
        full = self._connections.admit(self._address, more)
        if full:
            self._refuse(ProblemError(503, "bodies_too_large", full, {"Retry-After": "1"}))

    def _release(self) -> None:
        if self._held_bytes:
            self._connections.release(self._address, self._held_bytes)
            self._held_bytes = 0

    # What the parser tells

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self._fail(ProblemError(400, "pipeline_too_long", f"at most {MAX_PIPELINED} requests are sent ahead"))
        super().on_message_begin()
        self._part = _HEAD
        self._requests += 1
        self._url_bytes = self._head_bytes = self._header_count = self._body_bytes = 0
        self._unread_bytes = self._late_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._url_bytes += len(url)
        self._head_bytes += len(url)
        if self._url_bytes > MAX_URL_BYTES:
            detail = f"the address has {self._url_bytes} bytes or more, at most {MAX_URL_BYTES}"
            self._fail(ProblemError(414, "url_too_long", detail))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one behind the body is counted, and left out: it could pass for one that stood before."""
        self._head_bytes = size = self._head_bytes + len(name) + len(value) + 4
        self._header_count = count = self._header_count + 1
        if size > MAX_HEAD_BYTES:
            self._fail(_head_too_large(size))
        if count > MAX_HEADERS:
            detail = f"there are {count} headers or more, at most {MAX_HEADERS}"
            self._fail(ProblemError(431, "headers_too_many", detail))
        if self._part is _HEAD:
            _take_header(self, name, value)

    def on_headers_complete(self) -> None:
        """Start to answer."""
        names = [name for name, _ in self.headers]
        if names.count(b"host") > 1:
            self._fail(ProblemError(400, "request_invalid", "the request has several Host headers"))
        if b"transfer-encoding" in names and self.parser.get_http_version() != "1.1":
            self._fail(ProblemError(400, "request_invalid", "Transfer-Encoding is of HTTP/1.1"))
        super().on_headers_complete()
        self._part = _BODY
        if not self.pipeline:
            self._answering = self.cycle

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._pass_over(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        super().on_message_complete()
        self._part = _NONE
        self._release()
        if self.cycle.response_complete:
            self._unwatch()  # it was answered before all of it had come

    # Ends

    def _fail(self, refusal: ProblemError) -> None:
        """End parsing: the parser passes on that a callback failed, and `_parse` refuses."""
        self._refusal = refusal
        raise refusal

    def _refuse(self, refusal: ProblemError) -> None:
        """Answer with a problem, after what was asked before, and close."""
        self._is_over = True
        self._unwatch()
        self._unset_keepalive_if_required()
        self._release()
        metrics.REFUSED.labels(refusal.code).inc()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if self._part is _BODY:
            answered = cycle.response_started or bool(self.pipeline)
            self._disconnect()
            if answered:
                self._close()
                return
        elif cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False  # an earlier request, whose answer goes first
            self.flow.pause_reading()
            return
        self.transport.write(_written(refusal))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._end_timer = self.loop.call_later(_LINGER_S, self.transport.abort)

    def _disconnect(self) -> None:
        """Let those who answer know that nobody listens; uvicorn tells the last one alone."""
        self.pipeline.clear()
        for cycle in (self._answering, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _pass_over(self, size: int) -> None:
        self._late_bytes += size
        if self._late_bytes > _LINGER_BYTES:
            self._is_over = True
            self.transport.abort()

    def _close(self) -> None:
        self.transport.close()
        self._abort_unless_taken()

    def _abort_unless_taken(self) -> None:
        """A transport that closes waits until all is sent; for nobody forever."""
        if self.transport.get_write_buffer_size() and self._end_timer is None:
            self._end_timer = self.loop.call_later(_TAKEN_WITHIN_S, self.transport.abort)

    def on_response_complete(self) -> None:
        """Go on with the next request; one answered before all of it had come gets a moment for the rest."""
        following = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if following is not None:
            self._answering = following
        if self.transport.is_closing():
            self._abort_unless_taken()
        elif self._part is _BODY and self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self._unwatch()
            self._release()
            if self.expect_100_continue:
                self._close()  # the body may never come: the next request would be taken for it
            else:
                self._request_timer = self.loop.call_later(_LINGER_S, self._close_unless_whole, self._requests)

    def _close_unless_whole(self, request: int) -> None:
        self._request_timer = None
        if self._requests == request and self._part is _BODY:
            self._close()

    # Time

    def _watch(self) -> None:
        """Judge the request that is coming in once its time is over."""
        self._judged = (self._requests, self._part, self._body_bytes)
        timeout_s = self._connections.limits.request_timeout_s
        if timeout_s:
            self._request_timer = self.loop.call_later(timeout_s, self._judge)

    def _unwatch(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _judge(self) -> None:
        """End a request that does not get on."""
        self._request_timer = None
        limits = self._connections.limits
        request, part, body_bytes = self._judged
        if self.transport.is_closing():
            return
        came = self._body_bytes - body_bytes
        if (
            self.flow.read_paused  # it waits for us
            or (request, part) != (self._requests, self._part)
            or (part is _BODY and came >= limits.least_body_rate * limits.request_timeout_s)
        ):
            self._watch()
        elif part is _NONE:
            self._close()  # nothing was asked
        else:
            what = f"the body came at less than {limits.least_body_rate} bytes a second"
            if part is _HEAD:
                what = f"the request's head was not here within {limits.request_timeout_s:g} s"
            self._refuse(ProblemError(408, "request_too_slow", what))

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that lies idle."""
        super().timeout_keep_alive_handler()
        self._abort_unless_taken()

    def pause_writing(self) -> None:
        """Wait for somebody who does not take an answer, for a while."""
        super().pause_writing()
        if self._answer_timer is None:
            self._answer_timer = self.loop.call_later(_TAKEN_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None


def _head_too_large(size: int) -> ProblemError:
    detail = f"address and headers have {size} bytes or more, at most {MAX_HEAD_BYTES}"
    return ProblemError(431, "headers_too_large", detail)


def _written(refusal: ProblemError) -> bytes:
    """Give a problem as it goes over the wire."""
    told = problem(refusal.status, refusal.code, refusal.detail, {**refusal.headers, "Connection": "close"})
    status = f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n".encode()
    headers = [name + b": " + value + b"\r\n" for name, value in told.raw_headers]
    return b"".join([status, *headers, b"\r\n", bytes(told.body)])
