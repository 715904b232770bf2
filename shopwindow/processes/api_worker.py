"""One API process: the application uvicorn serves."""

import signal
from types import FrameType
from typing import Final

from api.app import create_app
from api.http.hot_path import HotPath
from api.runtime.logs import Logs
from shopwindow.build import configure_logging, open_client, open_log
from shopwindow.processes.api_config import api_config
from shopwindow.settings import Settings, load_settings
from store.allocator import give_memory_back
from stream.retry import Stop

_PROBES_KEPT_S: Final = 600.0


def application() -> HotPath:
    """Build the application in an API process, from the settings of its environment."""
    settings = load_settings()
    configure_logging(settings)
    give_memory_back()
    stop = _stop_while_starting()

    def open_all() -> Logs:
        open_client(settings, stop).close()  # a cluster is asked at once for its nodes; so wait until there are some
        return _open_logs(settings, stop)

    config = api_config(settings)
    return HotPath(create_app(config, open_all, stop.is_set), config.limits, config.joint_origins)


def _open_logs(settings: Settings, stop: Stop) -> Logs:
    """Open all logs the API writes."""
    return Logs(
        events=open_log(settings, stop=stop),
        decisions=open_log(settings, "-decisions", stop=stop),
        probes=open_log(settings, "-probes", 1, stop, retention_s=_PROBES_KEPT_S),
    )


def _stop_while_starting() -> Stop:
    """Give an event that SIGTERM and SIGINT set besides what they do: a server that starts heeds them late."""
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def ask(number: int, frame: FrameType | None, before: object = before) -> None:
            stop.set()
            if callable(before):
                before(number, frame)

        signal.signal(number, ask)
    return stop
