"""The application, not started."""

from fastapi import FastAPI

from api.app import create_app
from api.http.config import ApiConfig
from api.runtime.logs import Logs


def _no_logs() -> Logs:
    raise AssertionError("no server is needed")


def application() -> FastAPI:
    """The application, not started."""
    return create_app(ApiConfig(sites=(), redis_url="redis://127.0.0.1"), _no_logs)
