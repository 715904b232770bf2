"""Our commands as processes of a test, with nothing of the surrounding environment's settings."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

COMMAND = Path(sys.executable).with_name("shopwindow")
END_WITHIN_S = 20.0  # the grace period of the compose file
READY_WITHIN_S = 60.0


class Part(NamedTuple):
    """One process: the command's arguments, and the settings it gets by environment variables."""

    arguments: Sequence[str]
    settings: Mapping[str, str]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, but for our settings, which are those given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SHOPWINDOW_")} | dict(settings)


@contextmanager
def running(parts: Mapping[str, Part], directory: Path) -> Iterator[None]:
    """Run parts until the block ends, each writing `NAME.log` in the directory; none may have ended by itself."""
    with ExitStack() as stack:
        processes = {}
        for name, part in parts.items():
            output = stack.enter_context((directory / f"{name}.log").open("wb"))
            processes[name] = subprocess.Popen(
                [str(COMMAND), *part.arguments],
                env=environment(part.settings),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            stack.callback(end, processes[name])
        yield
        for name, process in processes.items():
            assert process.poll() is None, f"{name} ended: {(directory / f'{name}.log').read_text()[-2000:]}"


def end(process: "subprocess.Popen[bytes]") -> None:
    """Tell a process to end; one that takes too long is killed, and the test fails."""
    process.terminate()
    try:
        process.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def wait_until_ready(url: str, directory: Path) -> None:
    """Wait until the API at `url` is ready."""
    deadline_s = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        said = "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in directory.glob("*.log"))
        assert time.monotonic() < deadline_s, said
        time.sleep(0.1)
