"""The API's processes: one that listens, or several under one that watches them."""

import os
import tempfile

import uvicorn

from shopwindow.listening import bare_host
from shopwindow.processes.api_config import api_config
from shopwindow.settings import Settings


def serve_api(settings: Settings) -> None:
    """Run the API until it is told to stop."""
    api_config(settings)  # a setting that does not fit is told once, before any process starts
    with tempfile.TemporaryDirectory(prefix="shopwindow-metrics-") as directory:
        if settings.workers > 1:
            # Set before any metric is made, in the processes uvicorn spawns: they share their counts through it.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        uvicorn.run(
            "shopwindow.processes.api_worker:application",
            factory=True,
            host=bare_host(settings.host),
            port=settings.port,
            workers=settings.workers,
            loop="uvloop",
            http="shopwindow.processes.api_connection:open_connection",
            ws="none",
            log_level=settings.log_level,
            access_log=False,
            timeout_graceful_shutdown=10,
            timeout_keep_alive=75,  # longer than the pauses of browsers and proxies between two requests
            server_header=False,
            proxy_headers=False,  # whom a proxy speaks for is asked where it counts, and of trusted ones alone
        )
