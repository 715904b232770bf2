"""Listening: the address the API listens on, IPv4 or IPv6: how it is written, and whether it can be had."""

import errno
import socket
from typing import Final

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound here


def bare_host(host: str) -> str:
    """Give a host without the brackets that an IPv6 address has in URLs.

    >>> bare_host("[::1]"), bare_host("localhost")
    ('::1', 'localhost')
    """
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def local_url(host: str, port: int) -> str:
    """Give where to reach, from this machine, what listens on a host and port.

    >>> local_url("::1", 8080), local_url("0.0.0.0", 80)
    ('http://[::1]:8080', 'http://127.0.0.1:80')
    """
    host = bare_host(host)
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def why_not_listening(host: str, port: int) -> str:
    """Say why a host and port cannot be listened on; empty where they can."""
    try:
        found = socket.getaddrinfo(bare_host(host) or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        return f"host {host!r} is no address of this machine: {error.strerror}"
    family, _, _, _, address = found[0]
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"port {port} on {host} is taken; choose another with --port"
        kind = "IPv6 is not served here" if family == socket.AF_INET6 else "it cannot be listened on"
        return f"host {host!r}: {kind} ({error.strerror or error})"
    return ""
