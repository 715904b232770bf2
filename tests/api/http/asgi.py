"""Asking an ASGI application in this process, and what was measured of it."""

import asyncio

import httpx
from prometheus_client import REGISTRY
from starlette.types import ASGIApp


def ask(app: ASGIApp, method: str, address: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Send one request, and give the answer."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, address, headers=headers)

    return asyncio.run(asked())


def measured(route: str, status: str) -> float:
    """How many requests were measured."""
    labels = {"route": route, "tier": "", "status": status}
    return REGISTRY.get_sample_value("shopwindow_request_seconds_count", labels) or 0.0
