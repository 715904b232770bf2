"""A webhook's other end: a real HTTP server on this machine, and the check a shop makes of what it is sent."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@dataclass
class Receiver:
    """A webhook's other end: keeps what it is sent, and answers as it is told."""

    url: str
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    hangs_s: float = 0.0

    def bodies(self, visitor_id: str) -> list[dict[str, Any]]:
        """What came for a visitor."""
        found = [json.loads(body) for _, body in self.calls]
        return [message["data"] for message in found if message["data"]["visitor_id"] == visitor_id]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A real HTTP server on this machine."""
    told: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told[0].calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(told[0].hangs_s)
            self.send_response(told[0].status)
            if told[0].status // 100 == 3:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.append(Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def verify(headers: dict[str, str], body: bytes, secret: str = SECRET) -> bool:
    """Check a webhook's signature as a shop would, with nothing of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return recent and any(hmac.compare_digest(part, expected) for part in headers["webhook-signature"].split())
