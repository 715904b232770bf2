"""Remote: the API is found, asked again while it is away, and its problems are told by name."""

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shopwindow import remote as module
from shopwindow.embedded_stack import RUN_FILE
from shopwindow.remote import Address, Remote, RemoteError, find_address
from shopwindow.settings import SettingError, Settings, SiteKeys

KEYS = SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop")


@dataclass
class Answering:
    """A real HTTP server that answers what it was told to, in order; the last answer stays."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[tuple[str, str, str, Any]] = field(default_factory=list)  # method, path, key, body


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server on this machine."""
    told: list[Answering] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            body = json.loads(self.rfile.read(length)) if length else None
            told[0].asked.append((self.command, self.path, self.headers["authorization"], body))
            status, answer = told[0].answers.pop(0) if len(told[0].answers) > 1 else told[0].answers[0]
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
            """Say nothing."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    told.append(Answering(f"http://127.0.0.1:{made.server_address[1]}"))
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield told[0]
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def remote(server: Answering) -> Iterator[Remote]:
    """A client of it."""
    with Remote(Address(server.url, "key")) as made:
        yield made


def test_a_request_carries_key_parameters_and_body(server: Answering, remote: Remote) -> None:
    server.answers = [(200, b'{"a": 1}'), (204, b"")]
    assert remote.call("GET", "/v1/things", parameters={"limit": 5}) == {"a": 1}
    assert remote.call("DELETE", "/v1/things/x", {"why": "old"}) is None
    assert server.asked == [
        ("GET", "/v1/things?limit=5", "Bearer key", None),
        ("DELETE", "/v1/things/x", "Bearer key", {"why": "old"}),
    ]


def test_a_server_that_will_be_back_is_asked_again(server: Answering, remote: Remote) -> None:
    server.answers = [(503, b"{}"), (503, b"{}"), (200, b"[]")]
    assert remote.call("GET", "/v1/things") == []
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "answer", "named"),
    [
        (422, b'{"detail": "limit must be a number"}', ": 422, limit must be a number"),
        (500, b"<html>oh</html>", ": 500, <html>oh</html>"),
        (404, b"[]", ": 404, []"),
        (400, b'{"error": 1}', ': 400, {"error": 1}'),
    ],
)
def test_a_problem_is_told_once_with_the_request(
    server: Answering, remote: Remote, status: int, answer: bytes, named: str
) -> None:
    server.answers = [(status, answer)]
    with pytest.raises(RemoteError) as found:
        remote.call("PUT", "/v1/things", {})
    assert str(found.value) == f"PUT {server.url}/v1/things{named}"
    assert len(server.asked) == 1


def test_one_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch, server: Answering, remote: Remote) -> None:
    monkeypatch.setattr(module, "_TRIES", 3)
    server.answers = [(503, b'{"detail": "starting"}')]
    with pytest.raises(RemoteError, match="503, starting"):
        remote.call("GET", "/v1/things")
    assert len(server.asked) == 3
    with Remote(Address("http://127.0.0.1:1", "key")) as nobody, pytest.raises(RemoteError, match=r"127\.0\.0\.1:1/v1"):
        nobody.call("GET", "/v1/things")


def test_many_are_put_in_portions_and_rejections_keep_their_place(
    monkeypatch: pytest.MonkeyPatch, server: Answering, remote: Remote
) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    rejected = [{"index": 1, "code": "c", "message": "m"}]
    server.answers = [(200, json.dumps({"rejected": part}).encode()) for part in (rejected, [], [{"index": 0}])]
    found = remote.put_all("/v1/things", "things", [{"n": number} for number in range(5)])
    assert [rejection["index"] for rejection in found] == [1, 4]
    assert [len(body["things"]) for _, _, _, body in server.asked] == [2, 2, 1]
    assert remote.put_all("/v1/things", "things", []) == []


def test_a_list_is_read_page_by_page(server: Answering, remote: Remote) -> None:
    pages: list[dict[str, Any]] = [{"things": [{"id": "a"}, {"id": "b"}], "next": "b"}, {"things": [], "next": None}]
    server.answers = [(200, json.dumps(page).encode()) for page in pages]
    assert [thing["id"] for thing in remote.list_all("/v1/things", "things")] == ["a", "b"]
    assert [parse_qs(urlsplit(path).query).get("after") for _, path, _, _ in server.asked] == [None, ["b"]]


def run_file(directory: Path, name: str, port: int, secret: str, age_s: float = 0.0) -> None:
    """Leave what a running stack leaves."""
    (directory / name).mkdir()
    path = directory / name / RUN_FILE
    path.write_text(f'port = {port}\n[[sites]]\nsite = "s"\npublic_key = "p"\nsecret_key = "{secret}"\n')
    os.utime(path, (time.time() - age_s,) * 2)


def test_the_stack_started_last_is_found_where_nothing_else_is_said(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), port=8080)
    with pytest.raises(SettingError, match="no secret key: give --key"):
        find_address(settings, None, None)
    run_file(tmp_path, "old", 9001, "old-secret", age_s=60)
    run_file(tmp_path, "new", 9002, "new-secret")
    assert find_address(settings, None, None) == Address("http://127.0.0.1:9002", "new-secret")


def test_what_is_said_goes_before_what_is_found(tmp_path: Path) -> None:
    run_file(tmp_path, "up", 9002, KEYS.secret_key)
    settings = Settings(data_dir=str(tmp_path), port=8080, sites=(KEYS,))
    assert find_address(settings, None, None) == Address("http://127.0.0.1:9002", KEYS.secret_key)
    assert find_address(settings, None, "other") == Address("http://127.0.0.1:8080", "other"), "another's key"
    assert find_address(settings, "https://shop.example/", "k") == Address("https://shop.example", "k")


def test_what_json_cannot_hold_is_named() -> None:
    with Remote(Address("http://127.0.0.1:9", "key")) as remote, pytest.raises(RemoteError, match="is no JSON"):
        remote.call("PUT", "/v1/catalog/items", {"items": [{"title": "Pot \ud83d"}]})
