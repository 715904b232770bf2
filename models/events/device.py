"""Device: what kind of screen an event came from, as far as it tells."""

import re
from typing import Any, Final, Literal

from models.events.events import Event

Device = Literal["mobile", "tablet", "desktop"]

_DEVICES: Final = {
    "mobile": "mobile", "ios": "mobile", "android": "mobile", "phone": "mobile", "smartphone": "mobile",
    "tablet": "tablet", "desktop": "desktop", "web": "desktop",
}  # fmt: skip
_TABLET: Final = re.compile(r"iPad|Tablet|Android(?!.*Mobile)")
_MOBILE: Final = re.compile(r"Mobi|iPhone|Android")


def device_of(event: Event) -> str:
    """Give `mobile`, `tablet` or `desktop` from `context.device` or `context.userAgent`; empty where neither tells."""
    if not event.context:
        return ""
    device: Any = event.context.get("device")
    if isinstance(device, dict):
        device = device.get("category") or device.get("type")
    if isinstance(device, str) and device.casefold() in _DEVICES:
        return _DEVICES[device.casefold()]
    agent = event.context.get("userAgent") or event.context.get("user_agent")
    if not isinstance(agent, str) or not agent:
        return ""
    if _TABLET.search(agent[:500]):
        return "tablet"
    return "mobile" if _MOBILE.search(agent[:500]) else "desktop"
