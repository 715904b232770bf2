"""API connection: what uvicorn makes of each connection of one API process, within the limits of its settings."""

import resource
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

from api.http.edge.bounded_protocol import BoundedProtocol
from api.http.edge.limits import Limits
from api.http.edge.open_connections import OpenConnections
from shopwindow.processes.api_config import api_limits
from shopwindow.settings import load_settings

_OTHER_FILES: Final = 256
"""Files a process has open besides its connections."""


def open_connection(**given: Any) -> BoundedProtocol:
    """Make a connection of what uvicorn gives."""
    return _make()(**given)


@cache
def _make() -> partial[BoundedProtocol]:
    return partial(BoundedProtocol, OpenConnections(within_files(api_limits(load_settings()))))


def within_files(limits: Limits) -> Limits:
    """Let this process open as many files as its connections need; where it may not, give limits that it can keep.

    A process that can open no more files takes no more connections, from anybody.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return limits
    wanted = limits.connections + _OTHER_FILES if limits.connections else hard
    if wanted == resource.RLIM_INFINITY or wanted > soft:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return limits
    most = max(1, soft - _OTHER_FILES)
    return replace(limits, connections=min(limits.connections or most, most))
