"""Build: clients, logs and policies from settings, the same in every process.

Given a `Stop`, each waits for a server that is not there yet, until it is told to stop.
"""

import logging
import re
from dataclasses import replace
from functools import partial
from math import nan
from pathlib import Path
from typing import Any, Final

from models.base.durations import DAY_S, HOUR_S
from models.base.errors import InvalidError
from models.catalog.currency_parsing import parse_site_currency
from models.events.currency import SiteCurrency
from models.segments.lifecycle import Thresholds
from models.visitor.contact_history import CONTACT_CHANNELS
from models.visitor.contact_policy import ContactPolicy, parse_policy
from shopwindow.settings import SettingError, Settings
from store.client import Client, connect, evicting
from store.clock import ClockKind
from store.keys import Lifetimes
from store.log.log import EventLog
from stream.metrics import count_lost
from stream.retry import Stop, retry_until_available

_LOGGER = logging.getLogger(__name__)
_LONGEST_RETRY_S: Final = 7 * DAY_S


def open_log(
    settings: Settings,
    suffix: str = "",
    partitions: int | None = None,
    stop: Stop | None = None,
    *,
    retention_s: float | None = None,
) -> EventLog:
    """Open the event log, or with a suffix one of its companions."""
    name = settings.log_name + suffix
    if stop is not None:
        again = partial(open_log, settings, suffix, partitions, retention_s=retention_s)
        return retry_until_available(stop, f"open the log {name}", again)
    count = partitions or settings.log_partitions
    retention_s = retention_s or settings.log_retention_h * HOUR_S
    if settings.log == "kafka":
        from store.log.kafka_client import KafkaBroker
        from store.log.kafka_lives import Lives
        from store.log.kafka_log import KafkaLog

        options = dict(option.strip().split("=", 1) for option in settings.kafka_options.split(",") if option)
        return KafkaLog(
            KafkaBroker(settings.kafka_bootstrap_servers, options),
            name,
            Lives(connect(redis_url(settings), cluster=settings.redis_cluster), count_lost),
            count,
            retention_s,
            session_timeout_s=settings.session_timeout_s,
            replication_factor=settings.kafka_replication_factor,
        )
    from store.log.redis_log import RedisLog

    client = connect(redis_url(settings))
    return RedisLog(client, name, count, retention_s, session_timeout_s=settings.session_timeout_s)


def archive_directory(settings: Settings) -> Path:
    """Give where the archive lies."""
    return Path(settings.data_dir).absolute() / "archive"


def open_client(settings: Settings, stop: Stop) -> Client:
    """Connect to Redis, and say so where it may throw away what is kept there."""
    url = redis_url(settings)
    client = retry_until_available(stop, "connect to Redis", lambda: connect(url, cluster=settings.redis_cluster))
    for where, policy in retry_until_available(stop, "ask Redis what it evicts", lambda: evicting(client)).items():
        _LOGGER.warning(
            "Redis%s has maxmemory-policy %s: once its memory is full it deletes profiles, catalogs and messages "
            "without a word; set maxmemory-policy to noeviction",
            f" at {where}" if where else "",
            policy,
        )
    return client


def redis_url(settings: Settings) -> str:
    """Give the Redis to use; raises `SettingError` where none is named."""
    if not settings.redis_url:
        raise SettingError("redis_url is empty: name a server, or use `shopwindow up`, which starts one")
    return settings.redis_url


def site_names(settings: Settings) -> frozenset[str]:
    """Give the sites served; raises `SettingError` where there is none."""
    if not settings.sites:
        raise SettingError("no site is set: set site, public_key and secret_key, or [[sites]] in the file")
    return frozenset(keys.site for keys in settings.sites)


def default_thresholds(settings: Settings) -> Thresholds:
    """Give the stage thresholds of sites that set none of their own."""
    return Thresholds(dormant_after_days=settings.dormant_after_days, lost_after_days=settings.lost_after_days)


def default_contact_policy(settings: Settings) -> ContactPolicy:
    """Give the contact policy of sites that set none of their own; raises `SettingError`."""
    raw: dict[str, Any] = {
        "caps": [_cap(part.strip()) for part in settings.caps.split(",") if part.strip()],
        "time_zone": settings.time_zone,
        "attribution_days": settings.attribution_days,
    }
    if settings.quiet_hours:
        start, _, end = settings.quiet_hours.partition("-")
        raw["quiet_hours"] = {"from": start.strip(), "to": end.strip()}
    if settings.webhook_url:
        raw["webhook"] = {"url": settings.webhook_url, "secret": settings.webhook_secret}
    try:
        return parse_policy(raw)
    except InvalidError as error:
        raise SettingError(f"caps, quiet_hours, time_zone, webhook_url or webhook_secret: {error.message}") from error


def default_currency(settings: Settings) -> SiteCurrency:
    """Give what sites reckon in that have set nothing of their own; raises `SettingError`."""
    parts = [part.split("=", 1) for part in settings.rates.replace(" ", "").split(",") if part]
    try:
        rates = {code: float(rate) for code, rate in parts}
    except ValueError as error:
        raise SettingError(f"rates has value {settings.rates!r}, not such as USD=0.92,GBP=1.17") from error
    try:
        return parse_site_currency({"base": settings.currency, "rates": rates})
    except InvalidError as error:
        raise SettingError(f"currency or rates: {error.message}") from error


def _cap(written: str) -> dict[str, Any]:
    """Read a cap such as `message+on_site=3/day`."""
    found = re.fullmatch(r"([a-z_+]+)=(\d{1,3})/(hour|day|week)", written)
    if found is None:
        raise SettingError(f"caps has the part {written!r}, not such as message=3/day")
    channels = list(CONTACT_CHANNELS) if found[1] == "all" else found[1].split("+")
    return {"channels": channels, "most": int(found[2]), "per": found[3]}


def retry_s(settings: Settings) -> tuple[float, ...]:
    """Give the waits between tries of a webhook; raises `SettingError`."""
    try:
        waits = tuple(float(part) for part in settings.webhook_retry_s.split(",") if part.strip())
    except ValueError:
        waits = (nan,)
    if not all(0 <= wait <= _LONGEST_RETRY_S for wait in waits):
        raise SettingError(
            f"webhook_retry_s has value {settings.webhook_retry_s!r}, not seconds from 0 to {_LONGEST_RETRY_S:g}, "
            "separated by commas"
        )
    return waits


def lifetimes(settings: Settings) -> Lifetimes:
    """Give how long what is known of people is kept; raises `SettingError` where a message would go before its last
    try."""
    waits_s = sum(retry_s(settings))
    if settings.outbox_lifetime_days * DAY_S <= waits_s:
        raise SettingError(
            f"outbox_lifetime_days has value {settings.outbox_lifetime_days:g}, not above the {waits_s / DAY_S:g} days "
            "that webhook_retry_s waits before a message's last try"
        )
    return Lifetimes(
        profile_s=settings.profile_lifetime_days * DAY_S,
        timeline_s=settings.timeline_lifetime_days * DAY_S,
        restrained_s=settings.refusal_lifetime_days * DAY_S,
        trigger_state_s=settings.trigger_state_lifetime_days * DAY_S,
        journal_s=settings.journal_lifetime_days * DAY_S,
        outbox_s=settings.outbox_lifetime_days * DAY_S,
        dead_letters_s=settings.dead_letter_lifetime_days * DAY_S,
    )


def open_message_topic(settings: Settings, stop: Stop | None = None) -> EventLog:
    """Open the log that messages of triggers are appended to."""
    if not settings.message_topic:
        return open_log(settings, "-messages", stop=stop)
    return open_log(replace(settings, log_name=settings.message_topic), stop=stop)


def clock_kind(settings: Settings) -> ClockKind:
    """Give what tells a site's time."""
    return "event" if settings.clock == "event" else "wall"


def configure_logging(settings: Settings) -> None:
    """Send log lines to standard error."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
