"""Build: what processes are made of follows from the settings, and what does not fit is named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.events.currency import NO_CURRENCY, SiteCurrency
from models.visitor.contact_history import CONTACT_CHANNELS
from shopwindow.build import (
    archive_directory,
    clock_kind,
    default_contact_policy,
    default_currency,
    default_thresholds,
    open_client,
    open_log,
    open_message_topic,
    redis_url,
    retry_s,
    site_names,
)
from shopwindow.embedded import EmbeddedRedis
from shopwindow.settings import SettingError, Settings, SiteKeys
from store.log.log import PartitionCountError
from stream.retry import Stop
from tests.store.log.logs import new_name

SECRET = "a secret of many letters"


def caps(written: str) -> list[tuple[tuple[str, ...], int, str]]:
    """Read caps: channels, most, per."""
    return [(cap.channels, cap.most, cap.per) for cap in default_contact_policy(Settings(caps=written)).caps]


def test_caps_are_written_as_channels_and_how_often() -> None:
    assert caps("message=3/day") == [(("message",), 3, "day")]
    assert caps(" message+on_site=1/hour , all=7/week,") == [
        (("message", "on_site"), 1, "hour"),
        (CONTACT_CHANNELS, 7, "week"),
    ]
    assert caps("") == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"caps": "often"}, "caps has the part 'often'"),
        ({"caps": "message=3/day,message=3/month"}, "caps has the part 'message=3/month'"),
        ({"caps": "pigeon=3/day"}, "pigeon"),
        ({"caps": "message=0/day"}, "0"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"quiet_hours": "22:00"}, "quiet_hours"),
        ({"quiet_hours": "22:00-25:00"}, "quiet_hours.to"),
        ({"webhook_url": "ftp://shop.example", "webhook_secret": SECRET}, "http"),
        ({"webhook_url": "https://shop.example", "webhook_secret": "short"}, "secret"),
    ],
)
def test_a_policy_that_does_not_fit_is_named(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingError, match="caps") as found:
        default_contact_policy(Settings(**settings))
    assert named in str(found.value)


def test_a_policy_holds_what_was_set() -> None:
    given = Settings(
        caps="",
        quiet_hours=" 22:00 - 08:00 ",
        time_zone="Europe/Berlin",
        webhook_url="https://shop.example/hook",
        webhook_secret=SECRET,
        attribution_days=3,
    )
    policy = default_contact_policy(given)
    assert policy.quiet_hours is not None
    assert policy.webhook is not None
    assert (policy.quiet_hours.from_, policy.quiet_hours.to, policy.time_zone) == ("22:00", "08:00", "Europe/Berlin")
    assert (policy.webhook.url, policy.webhook.secret, policy.attribution_days) == (
        "https://shop.example/hook",
        SECRET,
        3,
    )
    assert default_contact_policy(Settings(caps="")).webhook is None


@pytest.mark.parametrize(
    ("written", "waits"), [("0.1,0.2", (0.1, 0.2)), ("", ()), (" 5 , 604800 ,", (5.0, 604_800.0)), ("0", (0.0,))]
)
def test_waits_between_tries_are_seconds(written: str, waits: tuple[float, ...]) -> None:
    assert retry_s(Settings(webhook_retry_s=written)) == waits


@pytest.mark.parametrize("written", ["soon", "-1", "1,nan", "604801", "inf", "1;2"])
def test_waits_that_do_not_fit_are_named(written: str) -> None:
    with pytest.raises(SettingError, match="webhook_retry_s has value") as found:
        retry_s(Settings(webhook_retry_s=written))
    assert repr(written) in str(found.value)


def test_what_must_be_set_is_asked_for() -> None:
    with pytest.raises(SettingError, match="redis_url is empty"):
        redis_url(Settings())
    with pytest.raises(SettingError, match="no site is set"):
        site_names(Settings())
    assert site_names(Settings(sites=(SiteKeys("a", "p", "s"), SiteKeys("b", "q", "t")))) == {"a", "b"}


def test_plain_settings_become_what_processes_take(tmp_path: Path) -> None:
    given = Settings(data_dir=str(tmp_path), dormant_after_days=3.0, lost_after_days=9.0, clock="event")
    thresholds = default_thresholds(given)
    assert (thresholds.dormant_after_days, thresholds.lost_after_days) == (3.0, 9.0)
    assert (archive_directory(given), clock_kind(given), clock_kind(Settings())) == (
        tmp_path / "archive",
        "event",
        "wall",
    )


def test_a_log_and_its_companions_stand_apart(redis_server: EmbeddedRedis) -> None:
    given = Settings(redis_url=redis_server.url, log_name=new_name(), log_partitions=3)
    named = replace(given, message_topic=new_name())
    logs = [open_log(given), open_message_topic(given), open_message_topic(named)]
    assert [(log.name, log.partitions) for log in logs] == [
        (given.log_name, 3),
        (f"{given.log_name}-messages", 3),
        (named.message_topic, 3),
    ]
    with pytest.raises(PartitionCountError, match="has 3 partitions, asked for 4"):
        open_log(replace(given, log_partitions=4), stop=Stop())
    for log in logs:
        log.close()


def test_a_server_that_is_there_is_not_waited_for(redis_server: EmbeddedRedis) -> None:
    client = open_client(Settings(redis_url=redis_server.url), Stop())
    assert client.ping()
    client.close()


def test_a_currency_and_rates_are_read_as_they_are_set() -> None:
    given = Settings(currency="eur", rates="USD=0.92, GBP=1.17")
    assert default_currency(given) == SiteCurrency(base="EUR", rates={"USD": 0.92, "GBP": 1.17})
    assert default_currency(Settings()) == NO_CURRENCY


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"currency": "EUR", "rates": "USD"}, "rates has value 'USD'"),
        ({"currency": "EUR", "rates": "USD=much"}, "rates has value 'USD=much'"),
        ({"currency": "EUR", "rates": "USD=0"}, "rates.USD must be a number above 0"),
        ({"currency": "coins"}, "got 'coins'"),
        ({"rates": "USD=0.9"}, "base is required"),
    ],
)
def test_a_currency_that_does_not_fit_is_named(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingError) as found:
        default_currency(Settings(**settings))
    assert named in str(found.value)
