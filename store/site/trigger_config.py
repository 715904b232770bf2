"""Trigger configuration: a site's own triggers and contact policy, with a version that tells of changes."""

from typing import NamedTuple, cast

import orjson

from models.triggers.defaults import default_triggers
from models.triggers.trigger import Trigger, parse_trigger
from models.visitor.contact_policy import ContactPolicy, parse_policy, written_policy
from store import keys
from store.client import Client
from store.versioned_hash import VersionedHash


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
    """

    def __init__(self, client: Client, policy: ContactPolicy) -> None:
        self._client = client
        self._policy = policy
        self._defaults = default_triggers()
        self._hash = VersionedHash(client, keys.triggers, keys.triggers_version, keys.TRIGGERS_LIFETIME_S)

    def version(self, site: str) -> int:
        """Version of a site's triggers and policy, 0 where nothing was ever set."""
        return self._hash.version(site)

    def read(self, site: str) -> Configured:
        """Read what a site says; the shipped triggers count where it has none of the same id."""
        parsed = [parse_trigger(orjson.loads(value)) for value in self._hash.values(site)]
        own = {trigger.trigger_id: trigger for trigger in parsed}
        return Configured({**self._defaults, **own}, frozenset(own), self.policy(site))

    def policy(self, site: str) -> ContactPolicy:
        """Read a site's contact policy; one without a webhook of its own has that of the settings."""
        stored = cast(bytes | None, self._client.get(keys.contact_policy(site)))
        policy = parse_policy(orjson.loads(stored)) if stored else self._policy
        if policy.webhook is None and self._policy.webhook is not None:
            policy = parse_policy({**written_policy(policy), "webhook": written_policy(self._policy)["webhook"]})
        return policy

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
