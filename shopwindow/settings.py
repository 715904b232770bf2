"""Settings: read once, from the environment and one TOML file, checked, and handed down.

`SHOPWINDOW_PORT=8081` in the environment wins over `port = 8081` in the file named by `SHOPWINDOW_CONFIG` (or
`shopwindow.toml` in the working directory), which wins over the default.
"""

import json
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from models.access.order_confirmation import ORDER_CONFIRMATIONS
from models.access.origins import parse_origins
from models.access.privacy_signals import PRIVACY_SIGNALS
from models.access.visitor_token import TOKEN_MODES
from models.base.errors import InvalidError
from models.segments.profile_lifetime import WIN_BACK_DAYS, least_profile_days
from models.segments.rfm import Cutoffs
from models.visitor.contact_policy import LONGEST_ATTRIBUTION_DAYS
from shopwindow.errors import MendableError
from shopwindow.private_files import write_private

PREFIX: Final = "SHOPWINDOW_"
_SITE_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MIN_KEY_LENGTH: Final = 16
_MAX_FILE_BYTES: Final = 1024 * 1024


class SettingError(MendableError):
    """A setting has a value that does not fit; names the setting, the value and what would fit."""


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """One site and its two keys: the public one for browsers, the secret one for everything else; for whom a browser
    may speak without a token, what tokens are signed with, empty for a secret made of the secret key, whose pages may
    call, empty for any, who confirms orders that browsers tell of, and whether what browsers ask of privacy counts."""

    site: str
    public_key: str
    secret_key: str
    visitor_tokens: str = "known"
    token_secret: str = ""
    origins: str = ""
    order_confirmation: str = "none"
    privacy_signals: str = "honour"


def _setting(default: Any, help_text: str, unit: str = "", choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help_text, "unit": unit, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; `shopwindow settings` prints this table."""

    host: str = _setting("127.0.0.1", "Address the API listens on.")
    port: int = _setting(8080, "Port the API listens on; 0 picks a free one.")
    workers: int = _setting(1, "API processes.")
    data_dir: str = _setting(
        "data", "Directory of the archive, of the embedded Redis and of the keys made at first start."
    )
    redis_url: str = _setting("", "Redis server; empty starts the embedded one (commands `up` and `demo`).")
    redis_cluster: bool = _setting(False, "redis_url names a node of a Redis Cluster; the log must then be Kafka.")
    redis_fsync: str = _setting("everysec", "When the embedded Redis flushes to disk.", choices=("everysec", "always"))
    redis_deadline_ms: float = _setting(
        100.0, "A decision answers from memory, unpersonalized, when Redis takes longer.", "ms"
    )
    log: str = _setting("redis", "Server of the event log.", choices=("redis", "kafka"))
    log_name: str = _setting("events", "Name of the event log; decisions and dead letters add their own suffix.")
    log_partitions: int = _setting(8, "Partitions of the event log; fixed once the log exists.")
    log_retention_h: float = _setting(168.0, "How long the event log keeps a record.", "hours")
    kafka_bootstrap_servers: str = _setting("", "Kafka brokers, host:port separated by commas.")
    kafka_options: str = _setting(
        "", "Further librdkafka settings, such as security.protocol=SSL, separated by commas."
    )
    kafka_replication_factor: int = _setting(1, "Replicas of each Kafka topic we create.")
    session_timeout_s: float = _setting(
        4.5, "A stream worker that is silent for longer loses its partitions to another.", "s"
    )
    site: str = _setting("", "Name of the one site served; for several, use [[sites]] tables in the file.")
    public_key: str = _setting("", "Key of that site for browsers: events in, decisions out.")
    secret_key: str = _setting("", "Key of that site for servers: everything.")
    visitor_tokens: str = _setting(
        "known",
        "For whom a browser may speak without a visitor token, of that one site: anybody (off), whoever is not known "
        "by a user id (known), nobody (all).",
        choices=TOKEN_MODES,
    )
    token_secret: str = _setting("", "Signs visitor tokens of that site; made of secret_key where empty.")
    origins: str = _setting(
        "",
        "Whose pages may call, of that one site, separated by commas: https://shop.example, https://*.shop.example; "
        "any where empty.",
    )
    order_confirmation: str = _setting(
        "none",
        "Who confirms orders that browsers tell of, of that one site: nobody (none), or the shop's server (server), "
        "before which they are no revenue.",
        choices=ORDER_CONFIRMATIONS,
    )
    privacy_signals: str = _setting(
        "honour",
        "Whether Global Privacy Control and Do Not Track of a browser, at that one site, deny that anything is stored "
        "where its page does not say what the visitor agreed to.",
        choices=PRIVACY_SIGNALS,
    )
    shop_site: str = _setting("", "Site whose sample shop pages are served under /shop/; empty for none.")
    holdout_share: float = _setting(0.0, "Share of visitors, 0 to 1, kept unpersonalized to measure lift.")
    click_window_s: float = _setting(90.0, "An impression without a click for so long counts as ignored.", "s")
    dormant_after_days: float = _setting(
        30.0, "A visitor without an event for so long is dormant, where the site has no thresholds of its own.", "days"
    )
    lost_after_days: float = _setting(90.0, "And lost after so long.", "days")
    clock: str = _setting(
        "wall",
        "What moves visitors through time windows: wall, or event, the newest event's time, for replays and tests.",
        choices=("wall", "event"),
    )
    webhook_url: str = _setting("", "Where the messages of triggers are posted to, where a site says no other.")
    webhook_secret: str = _setting("", "They are signed with it; whsec_ and base64, or any text.")
    webhook_retry_s: str = _setting(
        "5,30,300,1800,7200,21600", "Waits before each further try, separated by commas; then it is set aside.", "s"
    )
    webhook_timeout_s: float = _setting(5.0, "A webhook that takes longer to answer has failed.", "s")
    webhook_private: bool = _setting(
        False, "Whether a webhook may lie on this machine or in its network: loopback, private, link-local addresses."
    )
    message_topic: str = _setting(
        "", "Log, of the server that has the event log, for messages of triggers; empty for log_name with -messages."
    )
    caps: str = _setting(
        "message=3/day,message=10/week,on_site=5/day",
        "Promotional contacts a visitor has at most: channels (message, on_site, banner, several with +, or all) = "
        "number / hour, day or week; empty for no caps.",
    )
    quiet_hours: str = _setting("", "Hours in which no promotional message is sent, such as 21:00-08:00.")
    time_zone: str = _setting("UTC", "Time zone of quiet hours and birthdays, such as Europe/Berlin.")
    currency: str = _setting("", "Base currency of sites that set none by API, such as EUR; what names none is of it.")
    rates: str = _setting("", "What others are worth in it, such as USD=0.92,GBP=1.17; amounts in others stay apart.")
    attribution_days: float = _setting(7.0, "Orders so long after a message are noted beside it.", "days")
    profile_lifetime_days: float = _setting(
        365.0,
        "A profile lives this long after its last event: beyond lost_after_days and a win-back, and as far back as "
        "recency is scored.",
        "days",
    )
    timeline_lifetime_days: float = _setting(
        0.0, "A timeline lives this long after its visitor's last event; 0 for as long as the profile.", "days"
    )
    trigger_state_lifetime_days: float = _setting(
        400.0,
        "What triggers know of a visitor lives this long: as long as a profile, so that nobody is sent the same again; "
        "an anniversary comes once a year.",
        "days",
    )
    refusal_lifetime_days: float = _setting(
        400.0,
        "The profile of who refused messages or has a complaint open lives this long: as long as what triggers know, "
        "which could send.",
        "days",
    )
    journal_lifetime_days: float = _setting(400.0, "An entry of the journal of messages lives this long.", "days")
    outbox_lifetime_days: float = _setting(
        30.0, "A message on its way out, or set aside, lives this long: beyond all waits of webhook_retry_s.", "days"
    )
    dead_letter_lifetime_days: float = _setting(60.0, "A dead letter lives this long.", "days")
    batch_max_events: int = _setting(2_000, "Events in a micro-batch of the stream, at most.")
    bundle_discount: float = _setting(0.0, "Share, 0 to 1, off the joint price of a bundle.")
    bundle_least_margin: float = _setting(0.1, "Share of a bundle's price, 0 to 1, left above its items' cost.")
    recommend_adult: bool = _setting(False, "Whether lists and messages may have products marked as adult.")
    publish_every_s: float = _setting(1.0, "Learned models are published at most so often.", "s")
    archive_retention_days: float = _setting(
        0.0, "Rows of the archive are deleted so long after what they tell of happened; 0 keeps them for ever.", "days"
    )
    archive_every_s: float = _setting(5.0, "Events reach the archive, and so the reports, at most so late.", "s")
    metrics_port: int = _setting(
        0,
        "Port for the metrics of a stream process; under up and demo the first of one a flow. 0 serves none.",
    )
    trusted_proxies: str = _setting(
        "",
        "Addresses and networks of proxies before the API, separated by commas, such as 10.0.0.0/8: what they say of "
        "who asks, in X-Forwarded-For or Forwarded, counts for the limits by address. Nobody else's does.",
    )
    max_connections: int = _setting(4_096, "Connections open at once at an API process; 0 for no limit.")
    max_connections_per_address: int = _setting(
        1_024, "And of one address (of IPv6, one /64); a trusted proxy has no such limit. 0 for no limit."
    )
    request_timeout_s: float = _setting(
        15.0, "A request whose head takes longer, or whose body comes at less than 500 bytes a second, is ended.", "s"
    )
    max_streams_per_address: int = _setting(
        512, "Pages of one address that wait for messages at an API process; 0 for no limit."
    )
    max_streams_per_key: int = _setting(2_048, "And under one key; 0 for no limit.")
    max_streams_per_visitor: int = _setting(20, "And of one visitor; 0 for no limit.")
    rate_per_address: float = _setting(
        2_000.0,
        "Requests an API process takes from one address; two seconds' worth at once. 0 for no limit.",
        "requests/s",
    )
    rate_per_public_key: float = _setting(5_000.0, "And under a public key; 0 for no limit.", "requests/s")
    rate_per_secret_key: float = _setting(20_000.0, "And under a secret key; 0 for no limit.", "requests/s")
    events_per_visitor: float = _setting(
        20.0, "Events pages may tell of one visitor; a minute's worth at once. 0 for no limit.", "events/s"
    )
    open_operations: bool = _setting(
        False, "Whether /metrics, /docs and /openapi.json need no key; up and demo open them. Else one that may read."
    )
    log_level: str = _setting("warning", "What goes to standard error.", choices=("debug", "info", "warning", "error"))
    sites: tuple[SiteKeys, ...] = field(
        default=(), metadata={"help": "Sites and their keys: [[sites]] with site, public_key, secret_key.", "unit": ""}
    )

    def with_site(self, keys: SiteKeys) -> "Settings":
        """Give the same settings serving one site more."""
        return replace(self, sites=(*self.sites, keys))


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises `SettingError` for a name we do not know and for a value that does not fit."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for name, (value, source) in _given(environment).items():
        values[name] = _parse(name, value, source)
    settings = Settings(**values)
    if settings.site or settings.public_key or settings.secret_key:
        settings = settings.with_site(
            parse_site(
                {
                    "site": settings.site,
                    "public_key": settings.public_key,
                    "secret_key": settings.secret_key,
                    "visitor_tokens": settings.visitor_tokens,
                    "token_secret": settings.token_secret,
                    "origins": settings.origins,
                    "order_confirmation": settings.order_confirmation,
                    "privacy_signals": settings.privacy_signals,
                },
                "settings",
            )
        )
    _check(settings)
    return settings


def _given(environment: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """Every value given, with where it was found; the environment wins."""
    known = {field.name for field in fields(Settings)}
    found: dict[str, tuple[Any, str]] = {}
    path = environment.get(f"{PREFIX}CONFIG", "")
    if path or Path("shopwindow.toml").exists():
        file = Path(path or "shopwindow.toml")
        try:
            with file.open("rb") as opened:
                data = opened.read(_MAX_FILE_BYTES + 1)
            if len(data) > _MAX_FILE_BYTES:
                raise SettingError(f"{file} has more than {_MAX_FILE_BYTES:,} bytes")
            table = tomllib.loads(data.decode())
        except OSError as error:
            raise SettingError(f"{PREFIX}CONFIG names {file}, which cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise SettingError(f"{file} is not TOML: {error}") from error
        for name, value in table.items():
            if name not in known:
                raise SettingError(f"{file} sets {name!r}, which is no setting; see `shopwindow settings`")
            found[name] = (value, str(file))
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG" or variable.startswith(f"{PREFIX}TEST_"):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in known or name == "sites":
            raise SettingError(f"{variable} is set, but {name!r} is no setting; see `shopwindow settings`")
        found[name] = (value, variable)
    return found


def _parse(name: str, value: Any, source: str) -> Any:
    if name == "sites":
        if not isinstance(value, list):
            raise SettingError(f"sites in {source} must be [[sites]] tables")
        return tuple(parse_site(table, source) for table in value)
    setting = next(field for field in fields(Settings) if field.name == name)
    kind: type[Any] = type(setting.default)
    try:
        parsed = _as_bool(value) if kind is bool else kind(value)
        if kind is int and isinstance(value, float) and value != parsed:
            raise ValueError
        if kind is float and not math.isfinite(parsed):
            raise ValueError
    except (TypeError, ValueError) as error:
        words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]
        raise SettingError(f"{source}: {name} has value {value!r}, not {words}") from error
    choices = setting.metadata.get("choices", ())
    if choices and parsed not in choices:
        raise SettingError(f"{source}: {name} has value {value!r}, not one of {', '.join(choices)}")
    return parsed


def _as_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError


def parse_site(table: Any, source: str) -> SiteKeys:
    """Read a site's table; raises `SettingError`, which names the source."""
    needed, known = {"site", "public_key", "secret_key"}, {setting.name for setting in fields(SiteKeys)}
    if not isinstance(table, dict) or not needed <= set(table) <= known:
        named = sorted(table) if isinstance(table, dict) else type(table).__name__
        raise SettingError(
            f"{source}: a site has site, public_key and secret_key, and may have visitor_tokens, token_secret, "
            f"origins, order_confirmation and privacy_signals, got {named}"
        )
    listed = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in table.items()}
    keys = SiteKeys(**{name: str(value) for name, value in listed.items()})
    if not _SITE_NAME.fullmatch(keys.site):
        raise SettingError(f"{source}: site has value {keys.site!r}, not 1 to 40 of a-z 0-9 -, starting with a letter")
    for name in ("public_key", "secret_key"):
        if len(getattr(keys, name)) < _MIN_KEY_LENGTH:
            raise SettingError(
                f"{source}: {name} of site {keys.site!r} has {len(getattr(keys, name))} characters, "
                f"at least {_MIN_KEY_LENGTH}"
            )
    for name, choices in (
        ("visitor_tokens", TOKEN_MODES),
        ("order_confirmation", ORDER_CONFIRMATIONS),
        ("privacy_signals", PRIVACY_SIGNALS),
    ):
        if getattr(keys, name) not in choices:
            raise SettingError(
                f"{source}: {name} of site {keys.site!r} has value {getattr(keys, name)!r}, not one of "
                f"{', '.join(choices)}"
            )
    try:
        parse_origins(keys.origins)
    except InvalidError as error:
        raise SettingError(f"{source}: of site {keys.site!r}, {error.message}") from error
    if keys.public_key == keys.secret_key:
        raise SettingError(f"{source}: public_key and secret_key of site {keys.site!r} are the same")
    return keys


_LONGEST_DAYS: Final = 400.0
"""What is kept names positions of the log, whose own state lives for 400 days."""
_LEAST: Final[dict[str, float]] = {
    "port": 0,
    "workers": 1,
    "redis_deadline_ms": 1,
    "log_partitions": 1,
    "log_retention_h": 0.01,
    "kafka_replication_factor": 1,
    "session_timeout_s": 0.5,
    "holdout_share": 0,
    "bundle_discount": 0,
    "bundle_least_margin": 0,
    "click_window_s": 0.1,
    "dormant_after_days": 0.0001,
    "lost_after_days": 0.0001,
    "profile_lifetime_days": 0.01,
    "timeline_lifetime_days": 0,
    "journal_lifetime_days": LONGEST_ATTRIBUTION_DAYS,
    "outbox_lifetime_days": 0.01,
    "dead_letter_lifetime_days": 0.01,
    "webhook_timeout_s": 0.1,
    "attribution_days": 0.01,
    "batch_max_events": 1,
    "publish_every_s": 0.05,
    "archive_every_s": 0.05,
    "archive_retention_days": 0,
    "metrics_port": 0,
    "max_connections": 0,
    "max_connections_per_address": 0,
    "request_timeout_s": 0.1,
    "max_streams_per_address": 0,
    "max_streams_per_key": 0,
    "max_streams_per_visitor": 0,
    "rate_per_address": 0,
    "rate_per_public_key": 0,
    "rate_per_secret_key": 0,
    "events_per_visitor": 0,
}
_MOST: Final[dict[str, float]] = {
    "port": 65_535,
    "metrics_port": 65_535,
    "holdout_share": 1,
    "bundle_discount": 1,
    "bundle_least_margin": 0.99,
    "log_partitions": 1_024,
    "webhook_timeout_s": 60,
    "attribution_days": LONGEST_ATTRIBUTION_DAYS,
    "trigger_state_lifetime_days": _LONGEST_DAYS,
    "refusal_lifetime_days": _LONGEST_DAYS,
    "journal_lifetime_days": _LONGEST_DAYS,
    "outbox_lifetime_days": _LONGEST_DAYS,
    "dead_letter_lifetime_days": _LONGEST_DAYS,
}
_OUTLIVE: Final = (
    ("timeline_lifetime_days", "profile_lifetime_days", "a timeline without its profile tells of nobody"),
    ("profile_lifetime_days", "trigger_state_lifetime_days", "who is known must not be sent the same again"),
    ("trigger_state_lifetime_days", "refusal_lifetime_days", "what restrains lives as long as what could send"),
)
"""Settings that must not be above another, and why."""


def _check(settings: Settings) -> None:
    for name, least in _LEAST.items():
        if getattr(settings, name) < least:
            raise SettingError(f"{name} has value {getattr(settings, name)!r}, at least {least:g}")
    for name, most in _MOST.items():
        if getattr(settings, name) > most:
            raise SettingError(f"{name} has value {getattr(settings, name)!r}, at most {most:g}")
    if settings.log == "kafka" and not settings.kafka_bootstrap_servers:
        raise SettingError("log is 'kafka', so kafka_bootstrap_servers must name a broker, got ''")
    if settings.redis_cluster and settings.log == "redis":
        raise SettingError("redis_cluster is true, so log must be 'kafka', got 'redis': a stream lives on one node")
    _check_lifetimes(settings)
    if settings.lost_after_days <= settings.dormant_after_days:
        raise SettingError(
            f"lost_after_days has value {settings.lost_after_days:g}, not above dormant_after_days, "
            f"{settings.dormant_after_days:g}"
        )
    for option in filter(None, settings.kafka_options.split(",")):
        if "=" not in option:
            raise SettingError(f"kafka_options has the part {option!r}, not name=value")
    _check_keys(settings)


def _check_lifetimes(settings: Settings) -> None:
    """What is judged by something, or held back by it, does not outlive it."""
    if settings.profile_lifetime_days > _LONGEST_DAYS:
        raise SettingError(
            f"profile_lifetime_days has value {settings.profile_lifetime_days:g}, at most 400: a profile names a log "
            "position, and the log's own lifetime is 400 days"
        )
    least = least_profile_days(settings.lost_after_days, Cutoffs().recency_days[-1])
    if settings.profile_lifetime_days < least:
        raise SettingError(
            f"profile_lifetime_days has value {settings.profile_lifetime_days:g}, at least {least:g}: "
            f"{WIN_BACK_DAYS:g} days of winning back beyond lost_after_days, {settings.lost_after_days:g}, and as far "
            f"back as recency is scored, {Cutoffs().recency_days[-1]:g} days"
        )
    for name, other, why in _OUTLIVE:
        if getattr(settings, name) > getattr(settings, other):
            raise SettingError(
                f"{other} has value {getattr(settings, other):g}, below {name}, {getattr(settings, name):g}: {why}"
            )


def _check_keys(settings: Settings) -> None:
    """A key belongs to one site."""
    used: dict[str, str] = {}
    for keys in settings.sites:
        for key in (keys.public_key, keys.secret_key):
            if key in used:
                raise SettingError(f"sites {used[key]!r} and {keys.site!r} share a key; each needs its own")
        used[keys.public_key] = used[keys.secret_key] = keys.site


def write_settings(settings: Settings, path: Path) -> None:
    """Write settings as the file another process reads them from; readable by its owner alone, since it has keys."""
    lines = []
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        # The one site stands among the sites already.
        if setting.name in ("sites", *(part.name for part in fields(SiteKeys))):
            continue
        lines.append(f"{setting.name} = {_toml(value)}")
    for keys in settings.sites:
        lines += ["", "[[sites]]", *(f"{name} = {_toml(value)}" for name, value in asdict(keys).items())]
    write_private(path, "\n".join(lines) + "\n")


def _toml(value: object) -> str:
    # JSON's escapes of characters past U+FFFF, and its bare U+007F, are none of TOML's.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
