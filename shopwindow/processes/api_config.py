"""API configuration: what the API is told, from settings."""

from collections.abc import Sequence
from typing import TypeVar

from api.http.config import ApiConfig, SiteConfig
from api.http.edge.client_address import parse_networks
from api.http.edge.limits import Limits
from models.access.order_confirmation import ORDER_CONFIRMATIONS
from models.access.origins import parse_origins
from models.access.privacy_signals import PRIVACY_SIGNALS
from models.access.visitor_token import TOKEN_MODES
from shopwindow.build import (
    archive_directory,
    clock_kind,
    default_contact_policy,
    default_currency,
    default_thresholds,
    lifetimes,
    redis_url,
    site_names,
)
from shopwindow.settings import SettingError, Settings

_Choice = TypeVar("_Choice", bound=str)


def api_config(settings: Settings) -> ApiConfig:
    """Give the API what it needs."""
    names = site_names(settings)
    if settings.shop_site and settings.shop_site not in names:
        raise SettingError(f"shop_site has value {settings.shop_site!r}, not one of {', '.join(sorted(names))}")
    return ApiConfig(
        sites=tuple(
            SiteConfig(
                keys.site,
                keys.public_key,
                keys.secret_key,
                _chosen(keys.visitor_tokens, TOKEN_MODES),
                keys.token_secret,
                parse_origins(keys.origins),
                _chosen(keys.order_confirmation, ORDER_CONFIRMATIONS),
                _chosen(keys.privacy_signals, PRIVACY_SIGNALS),
            )
            for keys in settings.sites
        ),
        redis_url=redis_url(settings),
        redis_cluster=settings.redis_cluster,
        redis_deadline_s=settings.redis_deadline_ms / 1000,
        lifetimes=lifetimes(settings),
        holdout_share=settings.holdout_share,
        bundle_discount=settings.bundle_discount,
        bundle_least_margin=settings.bundle_least_margin,
        recommend_adult=settings.recommend_adult,
        shop_site=settings.shop_site,
        open_operations=settings.open_operations,
        archive_directory=archive_directory(settings),
        thresholds=default_thresholds(settings),
        clock=clock_kind(settings),
        contact_policy=default_contact_policy(settings),
        currency=default_currency(settings),
        limits=api_limits(settings),
    )


def api_limits(settings: Settings) -> Limits:
    """Give how much of the API one sender may take; raises `SettingError` for a proxy that is no address."""
    proxies = tuple(filter(None, map(str.strip, settings.trusted_proxies.split(","))))
    try:
        parse_networks(proxies)
    except ValueError as error:
        raise SettingError(f"trusted_proxies has value {settings.trusted_proxies!r}: {error}") from error
    return Limits(
        connections=settings.max_connections,
        connections_per_address=settings.max_connections_per_address,
        request_timeout_s=settings.request_timeout_s,
        streams_per_address=settings.max_streams_per_address,
        streams_per_key=settings.max_streams_per_key,
        streams_per_visitor=settings.max_streams_per_visitor,
        rate_per_address=settings.rate_per_address,
        rate_per_public_key=settings.rate_per_public_key,
        rate_per_secret_key=settings.rate_per_secret_key,
        events_per_visitor=settings.events_per_visitor,
        trusted_proxies=proxies,
    )


def _chosen(value: str, choices: Sequence[_Choice]) -> _Choice:
    return next(choice for choice in choices if choice == value)
