"""Trigger configuration: a site's own triggers and contact policy, with a version that tells of changes."""

from collections.abc import Callable
from typing import Final, NamedTuple, cast

import orjson

from models.triggers.defaults import default_triggers
from models.triggers.trigger import Trigger, parse_trigger
from models.visitor.contact_policy import ContactPolicy, parse_policy, written_policy
from store import keys
from store.client import Client
from store.unreadable import OnUnreadable, Readable, log_unreadable, read_or_tell
from store.version import Version
from store.versioned_hash import HashKeys, VersionedHash

_KEYS: Final = HashKeys(keys.triggers, keys.triggers_version, keys.triggers_stamp)


class Configured(NamedTuple):
    """What a site says: triggers by id, those of `own` put by the site itself, and its contact policy."""

    triggers: dict[str, Trigger]
    own: frozenset[str]
    policy: ContactPolicy


class TriggerConfigStore:
    """Triggers and contact policies in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    policy
        What counts for sites that have none of their own.
    on_unreadable
        Told of what cannot be read; it is taken for not there.
    """

    def __init__(self, client: Client, policy: ContactPolicy, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self._client = client
        self._on_unreadable = on_unreadable
        self._policy = policy
        self._defaults = default_triggers()
        self._hash = VersionedHash(client, _KEYS, keys.TRIGGERS_LIFETIME_S)

    def version(self, site: str) -> Version:
        """Version of a site's triggers and policy."""
        return self._hash.version(site)

    def read(self, site: str) -> Configured:
        """Read what a site says; the shipped triggers count where it has none of the same id."""
        own = {
            trigger.trigger_id: trigger
            for name, value in self._hash.values(site).items()
            if (trigger := self._told(_read_trigger, value, site, f"trigger {name}")) is not None
        }
        return Configured({**self._defaults, **own}, frozenset(own), self.policy(site))

    def policy(self, site: str) -> ContactPolicy:
        """Read a site's contact policy; one without a webhook of its own has that of the settings."""
        stored = cast(bytes | None, self._client.get(keys.contact_policy(site)))
        own = self._told(_read_policy, stored, site, "contact policy") if stored else None
        policy = own or self._policy
        if policy.webhook is None and self._policy.webhook is not None:
            policy = parse_policy({**written_policy(policy), "webhook": written_policy(self._policy)["webhook"]})
        return policy

    def _told(self, read: Callable[[bytes], Readable], value: bytes, site: str, name: str) -> Readable | None:
        return read_or_tell(read, value, "resource", site, name, self._on_unreadable)

    def put_within(self, site: str, triggers: list[Trigger], most: int) -> bool:
        """Add or replace triggers; False, and nothing is changed, where there would be more than `most`."""
        pairs = [(trigger.trigger_id, orjson.dumps(trigger.raw)) for trigger in triggers]
        return self._hash.put_within(site, pairs, most)

    def delete(self, site: str, trigger_id: str) -> bool:
        """Take a site's own trigger out, so that a shipped one of the same id counts again; False where none was."""
        return self._hash.delete(site, trigger_id)

    def put_policy(self, site: str, policy: ContactPolicy) -> None:
        """Set a site's own contact policy."""
        self._hash.put_beside(site, keys.contact_policy(site), orjson.dumps(written_policy(policy)))


def _read_trigger(value: bytes) -> Trigger:
    return parse_trigger(orjson.loads(value))


def _read_policy(value: bytes) -> ContactPolicy:
    return parse_policy(orjson.loads(value))
