"""Timing: every request is measured by its route, one that fails too."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.http.timing import Timing
from tests.api.http.asgi import measured


def test_a_request_that_fails_is_measured_as_a_fault_of_ours() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("inside")

    async def ask_it(scope: dict[str, Any]) -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            raise AssertionError("nothing was answered")

        await Timing(failing)(scope, receive, send)

    before = measured("unmatched", "500")
    with pytest.raises(ValueError, match="inside"):
        asyncio.run(ask_it({"type": "http"}))
    assert measured("unmatched", "500") == before + 1
    with pytest.raises(ValueError, match="inside"):
        asyncio.run(ask_it({"type": "lifespan"}))
    assert measured("unmatched", "500") == before + 1
