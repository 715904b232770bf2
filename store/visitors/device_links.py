"""Links: whose a device is, known at once to whoever takes its next event.

The device's own profile holds them too, as the stream has learned them; these are for the intake, which must know
before it appends.
"""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, cast

from models.base.durations import DAY_S
from models.events.intake.placeholders import is_placeholder
from models.visitor.identity import MAX_LINKS, Link
from store import keys
from store.client import Client
from store.lua import read_script

_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?")
MAX_DEVICES: Final = 10_000
"""Devices of one partition that are remembered of a user; of more the earliest go."""
_MOST_RENEWED: Final = 100_000
DeviceId = tuple[str, int, str]
"""Site, partition, device id."""


class _AddArguments(NamedTuple):
    """ARGV of `add_link.lua`, in its order."""

    link: str
    most_links: int
    lifetime_s: int
    device: str
    at_s: str
    most_devices: int


class _AddKeys(NamedTuple):
    """KEYS of `add_link.lua`, in its order."""

    links: str
    devices: str


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
        self._renewed_until: dict[str, float] = {}  # monotonic; by name of a set of devices

    def read(self, devices: Sequence[DeviceId]) -> dict[DeviceId, list[Link]]:
        """Give the links of those devices that have any, sorted; all live on."""
        if not devices:
            return {}
        with self._client.pipeline(transaction=False) as pipe:
            for device in devices:
                pipe.getex(keys.links(*device), ex=self._lifetime_s)
            found = cast(list[bytes | None], pipe.execute())
        links = {device: links_of(value) for device, value in zip(devices, found, strict=True) if value}
        self._renew(links)
        return links

    def add(self, links: Iterable[tuple[DeviceId, Link]]) -> None:
        """Add links, and the devices to those of their users; known ones stay as they are."""
        for device, link in links:
            site, partition, device_id = device
            name = keys.links(*device)
            owned = keys.devices(site, partition, link.user_id) if link.user_id else name
            text = f"{link.at_s!r}\x1f{link.user_id}\n"
            self._add(
                keys=_AddKeys(name, owned),
                args=_AddArguments(text, MAX_LINKS, self._lifetime_s, device_id, repr(link.at_s), MAX_DEVICES),
            )

    def devices_of(self, site: str, user_id: str, partitions: int) -> list[str]:
        """Give every device that a user held, of so many partitions of the log, sorted."""
        with self._client.pipeline(transaction=False) as pipe:
            for partition in range(partitions):
                pipe.zrange(keys.devices(site, partition, user_id), 0, -1)
            found = cast(list[list[bytes]], pipe.execute())
        return sorted(device.decode() for of_partition in found for device in of_partition)

    def forget_devices_of(self, site: str, user_id: str, partitions: int) -> None:
        """Forget which devices a user held."""
        with self._client.pipeline(transaction=False) as pipe:
            for partition in range(partitions):
                pipe.delete(keys.devices(site, partition, user_id))
            pipe.execute()

    def _renew(self, links: Mapping[DeviceId, Sequence[Link]]) -> None:
        """Have the sets of devices live on with the devices, once a day each."""
        now_s = time.monotonic()
        due: dict[str, None] = {}
        for (site, partition, _), of_device in links.items():
            for link in of_device:
                name = keys.devices(site, partition, link.user_id)
                if link.user_id and now_s >= self._renewed_until.get(name, 0.0):
                    due[name] = None
        if not due:
            return
        if len(self._renewed_until) > _MOST_RENEWED:
            self._renewed_until.clear()
        with self._client.pipeline(transaction=False) as pipe:
            for name in due:
                pipe.expire(name, self._lifetime_s)
                self._renewed_until[name] = now_s + min(DAY_S, self._lifetime_s / 2)
            pipe.execute()

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
