"""Embedded stack: Redis, stream and API as processes of one machine, started, watched and stopped together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from shopwindow.embedded import EmbeddedRedis, EmbeddedRedisError, end_together, free_port
from shopwindow.errors import MendableError
from shopwindow.listening import local_url, why_not_listening
from shopwindow.own_keys import own_keys
from shopwindow.private_files import OTHERS
from shopwindow.readiness import READY_FILE
from shopwindow.settings import PREFIX, Settings, SiteKeys, write_settings

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": ("stream", "profile"),
    "learn": ("stream", "learn"),
    "trigger": ("stream", "trigger"),
    "archive": ("stream", "archive"),
    "api": ("api",),
}
RUN_FILE: Final = "run.toml"
_READY_S: Final = 240.0  # a first start compiles the kernels, on a busy machine for minutes
_STOP_S: Final = 15.0
_RESTART_AFTER_S: Final = 0.5


class StackError(MendableError):
    """The stack could not be started, or a part of it keeps dying; the message says which and why."""


class EmbeddedStack:
    """All of Shopwindow on this machine; a context manager.

    A part that dies is started again: what it had not finished it reads again from the log.

    Parameters
    ----------
    settings
        `redis_url` is replaced by the embedded server's; a site is made where none is set, its keys kept in the data
        directory.
    name
        Directory below `data_dir`, and the name of the site made.
    shop
        Whether the sample shop's pages are served, for the first site.
    """

    def __init__(self, settings: Settings, name: str, *, shop: bool = False) -> None:
        self._directory = Path(settings.data_dir) / name
        self._settings = settings
        self._name = name
        self._shop = shop
        self._redis: EmbeddedRedis | None = None
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        self._watchers: dict[str, subprocess.Popen[bytes]] = {}
        self._run_file: Path | None = None
        self._restarts = 0
        self._stopping = threading.Event()
        self._watching: threading.Thread | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force, with the embedded Redis and the site's keys."""
        return self._settings

    @property
    def url(self) -> str:
        """Where the API answers."""
        return local_url(self._settings.host, self._settings.port)

    @property
    def keys(self) -> SiteKeys:
        """The first site's keys."""
        return self._settings.sites[0]

    @property
    def redis_description(self) -> str:
        """Which Redis runs, in words."""
        return self._redis.described if self._redis is not None else ""

    @property
    def restarts(self) -> int:
        """How often a part that died was started again."""
        return self._restarts

    def pid(self, part: str) -> int:
        """Process id of a part: redis, profile, learn, trigger, archive or api."""
        if part == "redis" and self._redis is not None:
            return self._redis.pid
        return self._parts[part].pid

    @property
    def metrics_ports(self) -> dict[str, int]:
        """Ports that the flows serve their metrics on: `metrics_port` and those behind it; none where none is set."""
        first = self._settings.metrics_port
        flows = [part for part, command in COMMANDS.items() if command[0] == "stream"]
        return {part: first + place for place, part in enumerate(flows)} if first else {}

    def start_store(self) -> None:
        """Start Redis alone, and settle the settings: what must be there before the rest starts can be put there."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._settings.sites:
            self._settings = self._settings.with_site(own_keys(self._directory, self._name))
        port = self._settings.port or free_port()
        if problem := why_not_listening(self._settings.host, port):
            raise StackError(problem)
        if self._shop:
            self._settings = replace(self._settings, shop_site=self.keys.site)
        for part, metrics_port in self.metrics_ports.items():
            if problem := why_not_listening(self._settings.host, metrics_port):
                raise StackError(f"metrics_port, for {part}: {problem}")
        self._redis = EmbeddedRedis(self._directory / "redis", appendfsync=self._settings.redis_fsync)
        self._redis.start()
        self._settings = replace(self._settings, redis_url=self._redis.url, port=port, open_operations=True)
        self._run_file = self._directory / RUN_FILE
        write_settings(self._settings, self._run_file)

    def start_processes(self) -> None:
        """Start stream and API, and wait until every one of them is ready."""
        for part in COMMANDS:
            self._parts[part] = self._spawn(part)
        self._watching = threading.Thread(target=self._watch, name="stack-watch", daemon=True)
        self._watching.start()
        deadline_s = time.monotonic() + _READY_S
        while time.monotonic() < deadline_s:
            if self._flows_ready() and self._answers():
                return
            if self._restarts > 3:
                raise StackError("a part of the stack keeps dying; its messages above say why")
            time.sleep(0.05)
        waited = [part for part in self._parts if part != "api" and not self._ready_file(part).exists()]
        named = ", ".join(waited) or f"the API at {self.url}"
        raise StackError(f"not ready after {_READY_S:g} s: {named}")

    def _ready_file(self, part: str) -> Path:
        """What a flow makes once it has opened all it needs."""
        return self._directory / f"{part}.ready"

    def _flows_ready(self) -> bool:
        return all(self._ready_file(part).exists() for part in self._parts if part != "api")

    def _answers(self) -> bool:
        """Whether the API says that it is ready."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=2.0)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def __enter__(self) -> Self:
        try:
            self.start_store()
            self.start_processes()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop everything, Redis last."""
        self._stopping.set()
        if self._watching is not None:
            self._watching.join(timeout=5)
        for process in self._parts.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + _STOP_S
        for process in self._parts.values():
            try:
                process.wait(timeout=max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for watcher in self._watchers.values():
            watcher.kill()
            watcher.communicate()
        if self._redis is not None:
            self._redis.stop()
        for part in self._parts:
            self._ready_file(part).unlink(missing_ok=True)
        if self._run_file is not None:  # otherwise it is that of another stack, which runs
            self._run_file.unlink(missing_ok=True)

    def _spawn(self, part: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment[f"{PREFIX}CONFIG"] = str((self._directory / RUN_FILE).absolute())
        self._ready_file(part).unlink(missing_ok=True)
        environment[READY_FILE] = str(self._ready_file(part).absolute())
        if part in self.metrics_ports:
            environment[f"{PREFIX}METRICS_PORT"] = str(self.metrics_ports[part])
        # A session of its own: a Ctrl-C reaches us alone, and we stop the parts in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "shopwindow", *COMMANDS[part]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            umask=OTHERS,
            start_new_session=True,
        )
        if part in self._watchers:
            self._watchers[part].kill()
            self._watchers[part].communicate()
        self._watchers[part] = end_together(process.pid)
        return process

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            if self._redis is not None and not self._redis.alive:
                sys.stderr.write("shopwindow: redis ended, starting it again\n")
                self._restarts += 1
                try:
                    self._redis.revive()
                except EmbeddedRedisError as error:
                    sys.stderr.write(f"shopwindow: {error}\n")
                    self._stopping.wait(_RESTART_AFTER_S)
            for part, process in self._parts.items():
                if process.poll() is not None and not self._stopping.is_set():
                    sys.stderr.write(f"shopwindow: {part} ended with {process.returncode}, starting it again\n")
                    self._restarts += 1
                    self._stopping.wait(_RESTART_AFTER_S)
                    self._parts[part] = self._spawn(part)
                    break
