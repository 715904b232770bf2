"""Remote: a running Shopwindow, spoken to over its API."""

import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx
import orjson

from shopwindow.embedded_stack import RUN_FILE
from shopwindow.errors import MendableError
from shopwindow.listening import local_url
from shopwindow.settings import SettingError, Settings

_TIMEOUT_S: Final = 30.0
_TRIES: Final = 9
_PAGE: Final = 1_000


class RemoteError(MendableError):
    """The API refused or did not answer; the message names the request and its problem."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an API is, and the secret key to it."""

    url: str
    secret_key: str


def find_address(settings: Settings, url: str | None, key: str | None) -> Address:
    """Find the API to talk to: as told, else as the settings say, else the embedded stack that runs here.

    Raises `SettingError` where none is found.
    """
    running = None if url and key else _running(settings)
    found_key = key or (settings.sites[0].secret_key if settings.sites else "") or (running or ("", ""))[1]
    found_url = url or (running[0] if running and found_key == running[1] else local_url(settings.host, settings.port))
    if not found_key:
        raise SettingError(
            f"no secret key: give --key, set SHOPWINDOW_SECRET_KEY, or start `shopwindow up` here (looked for "
            f"{RUN_FILE} below {settings.data_dir!r})"
        )
    return Address(found_url.rstrip("/"), found_key)


def _running(settings: Settings) -> tuple[str, str] | None:
    """Address and secret key of the embedded stack started last and not stopped."""
    files = sorted(Path(settings.data_dir).glob(f"*/{RUN_FILE}"), key=lambda path: path.stat().st_mtime)
    if not files:
        return None
    try:
        table = tomllib.loads(files[-1].read_text(encoding="utf-8"))
        return local_url(table.get("host", ""), table["port"]), table["sites"][0]["secret_key"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        detail = f"{files[-1]} cannot be read ({error}): start `shopwindow up` again, or give --url and --key"
        raise SettingError(detail) from error


class Remote:
    """A client with the secret key; a context manager."""

    def __init__(self, address: Address) -> None:
        self._url = address.url
        self._client = httpx.Client(
            base_url=address.url, headers={"Authorization": f"Bearer {address.secret_key}"}, timeout=_TIMEOUT_S
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, method: str, path: str, body: Any = None, parameters: Mapping[str, Any] | None = None) -> Any:
        """Send a request and give the decoded answer.

        A server that is away, or says it will be back (503), is tried again for ten seconds; raises `RemoteError`.
        """
        return self._answer(method, path, self._send(method, path, body, parameters))

    def stream(self, path: str) -> Iterator[bytes]:
        """Give an answer piece by piece as it comes; raises `RemoteError`."""
        try:
            with self._client.stream("GET", path) as response:
                if not response.is_success:
                    response.read()
                    self._answer("GET", path, response)
                yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise RemoteError(f"GET {self._url}{path}: {error}") from error

    def begin_erasure(self, path: str) -> str:
        """Erase a visitor and give the id of the receipt; raises `RemoteError`."""
        response = self._send("DELETE", path, None, None)
        self._answer("DELETE", path, response)
        return str(response.headers.get("Erasure-Id", ""))

    def _send(self, method: str, path: str, body: Any, parameters: Mapping[str, Any] | None) -> httpx.Response:
        try:
            content = None if body is None else orjson.dumps(body)
        except TypeError as error:  # half a character, a number beyond 64 bits
            raise RemoteError(f"{method} {self._url}{path}: what is to be sent is no JSON: {error}") from error
        headers = {} if body is None else {"Content-Type": "application/json"}
        wait_s = 0.05
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                response = self._client.request(method, path, content=content, params=parameters, headers=headers)
            except httpx.HTTPError as error:
                if last:
                    raise RemoteError(f"{method} {self._url}{path}: {error}") from error
            else:
                if response.status_code != 503 or last:
                    return response
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, 4.0)
        raise RemoteError(f"{method} {self._url}{path}: no answer")

    def _answer(self, method: str, path: str, response: httpx.Response) -> Any:
        if response.is_success:
            return orjson.loads(response.content) if response.content else None
        try:
            detail = orjson.loads(response.content)["detail"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            detail = response.text[:200]
        raise RemoteError(f"{method} {self._url}{path}: {response.status_code}, {detail}")

    def put_all(
        self,
        path: str,
        kind: str,
        resources: Sequence[Mapping[str, Any]],
        warnings: list[dict[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Put many things in portions; gives the rejections, each with its index among all, and adds to `warnings` what
        is odd about those taken."""
        rejected: list[dict[str, Any]] = []
        for start in range(0, len(resources), _PAGE):
            answer = self.call("PUT", path, {kind: list(resources[start : start + _PAGE])})
            rejected += [{**rejection, "index": rejection["index"] + start} for rejection in answer["rejected"]]
            if warnings is not None:
                warnings += answer.get("warnings", [])
        return rejected

    def list_all(self, path: str, kind: str) -> Iterator[dict[str, Any]]:
        """Give all things of a kind, by id."""
        after = ""
        while True:
            answer = self.call("GET", path, parameters={"limit": _PAGE, "after": after})
            yield from answer[kind]
            if answer["next"] is None:
                return
            after = answer["next"]
