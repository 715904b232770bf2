"""Device: told by whoever reports the event, or by the browser's own name."""

from typing import Any

import pytest

from models.events.device import device_of
from tests.models.makers import event


@pytest.mark.parametrize(
    ("context", "device"),
    [
        ({}, ""),
        ({"device": "Mobile"}, "mobile"),
        ({"device": {"type": "ios"}}, "mobile"),
        ({"device": {"category": "tablet"}}, "tablet"),
        ({"device": {"type": "toaster"}}, ""),
        ({"device": 7, "userAgent": 8}, ""),
        ({"userAgent": "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Mobile/15E148"}, "tablet"),
        ({"userAgent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120 Mobile Safari"}, "mobile"),
        ({"userAgent": "Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/120 Safari"}, "tablet"),
        ({"userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"}, "desktop"),
        ({"device": {"type": "toaster"}, "userAgent": "Mozilla/5.0 (iPhone) Mobile"}, "mobile"),
    ],
)
def test_device(context: dict[str, Any], device: str) -> None:
    assert device_of(event("page_view", context=context)) == device
