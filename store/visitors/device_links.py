"""Links: whose a device is, known at once to whoever takes its next event.

The device's own profile holds them too, as the stream has learned them; these are for the intake, which must know
before it appends.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, cast

from models.events.intake.placeholders import is_placeholder
from models.visitor.identity import MAX_LINKS, Link
from store import keys
from store.client import Client
from store.lua import read_script

_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?")
DeviceId = tuple[str, int, str]
"""Site, partition, device id."""


class _AddArguments(NamedTuple):
    """ARGV of `add_link.lua`, in its order."""

    link: str
    most_links: int
    lifetime_s: int


class LinkStore:
    """Links of devices in Redis.

    Parameters
    ----------
    client
        Blocking client.
    lifetime_s
        Links live this long after the device's last event.
    """

    def __init__(self, client: Client, lifetime_s: float) -> None:
        self._client = client
        self._lifetime_s = max(1, int(lifetime_s))
        self._add = client.register_script(read_script("add_link"))

    def read(self, devices: Sequence[DeviceId]) -> dict[DeviceId, list[Link]]:
        """Give the links of those devices that have any, sorted; all live on."""
        if not devices:
            return {}
        with self._client.pipeline(transaction=False) as pipe:
            for device in devices:
                pipe.getex(keys.links(*device), ex=self._lifetime_s)
            found = cast(list[bytes | None], pipe.execute())
        return {device: links_of(value) for device, value in zip(devices, found, strict=True) if value}

    def add(self, links: Iterable[tuple[DeviceId, Link]]) -> None:
        """Add links; known ones stay as they are."""
        for device, link in links:
            text = f"{link.at_s!r}\x1f{link.user_id}\n"
            self._add(keys=[keys.links(*device)], args=_AddArguments(text, MAX_LINKS, self._lifetime_s))

    def forget(self, device: DeviceId) -> None:
        """Forget whose a device was."""
        self._client.delete(keys.links(*device))


def links_of(value: bytes) -> list[Link]:
    """Read the stored form of a device's links, sorted."""
    rows = [row.partition("\x1f") for row in value.decode(errors="replace").split("\n") if row]
    # Older releases took placeholders for users: whoever was linked to one was linked to nobody.
    return sorted(
        Link(float(at_s), "" if is_placeholder(user_id) else user_id)
        for at_s, _, user_id in rows
        if _NUMBER.fullmatch(at_s)  # what cannot be read names nobody
    )
