"""Trigger inputs: what a site says is read again when it has changed, and only then."""

from models.segments.lifecycle import Thresholds
from models.triggers.trigger import parse_trigger
from models.visitor.contact_policy import parse_policy
from store.client import Client
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from stream.trigger_inputs import TriggerConfigs


def test_triggers_policy_and_thresholds_are_followed(client: Client, site: str) -> None:
    triggers = TriggerConfigStore(client, parse_policy({"attribution_days": 3}))
    segments = SegmentStore(client, Thresholds())
    configs = TriggerConfigs(triggers, segments)
    first = configs.current(site)
    assert configs.current(site) is first
    assert ("cart-left" in first.trigger_index.triggers, "lead" in first.trigger_index.triggers) == (True, False)
    assert (first.policy.attribution_days, first.thresholds) == (3, Thresholds())
    triggers.put_within(site, [parse_trigger({"trigger_id": "lead", "when": {"event": {"name": "generate_lead"}}})], 9)
    second = configs.current(site)
    assert "lead" in second.trigger_index.triggers
    triggers.put_policy(site, parse_policy({"attribution_days": 5}))
    assert configs.current(site).policy.attribution_days == 5
    own = Thresholds(dormant_after_days=2.0, lost_after_days=4.0)
    segments.put_thresholds(site, own)
    assert configs.current(site).thresholds == own


def test_a_change_of_one_site_is_none_of_another(client: Client, site: str) -> None:
    triggers = TriggerConfigStore(client, parse_policy({}))
    configs = TriggerConfigs(triggers, SegmentStore(client, Thresholds()))
    other = configs.current(f"{site}-other")
    triggers.put_policy(site, parse_policy({"time_zone": "Europe/Berlin"}))
    assert configs.current(site).policy.time_zone == "Europe/Berlin"
    assert configs.current(f"{site}-other") is other
