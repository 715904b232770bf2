"""API configuration: what the API is told, from settings."""

from api.http.config import ApiConfig, SiteConfig
from models.base.durations import DAY_S
from shopwindow.build import (
    archive_directory,
    clock_kind,
    default_contact_policy,
    default_currency,
    default_thresholds,
    redis_url,
    site_names,
)
from shopwindow.settings import SettingError, Settings


def api_config(settings: Settings) -> ApiConfig:
    """Give the API what it needs."""
    names = site_names(settings)
    if settings.shop_site and settings.shop_site not in names:
        raise SettingError(f"shop_site has value {settings.shop_site!r}, not one of {', '.join(sorted(names))}")
    return ApiConfig(
        sites=tuple(SiteConfig(keys.site, keys.public_key, keys.secret_key) for keys in settings.sites),
        redis_url=redis_url(settings),
        redis_cluster=settings.redis_cluster,
        redis_deadline_s=settings.redis_deadline_ms / 1000,
        profile_lifetime_s=settings.profile_lifetime_days * DAY_S,
        holdout_share=settings.holdout_share,
        bundle_discount=settings.bundle_discount,
        bundle_least_margin=settings.bundle_least_margin,
        recommend_adult=settings.recommend_adult,
        shop_site=settings.shop_site,
        archive_directory=archive_directory(settings),
        thresholds=default_thresholds(settings),
        clock=clock_kind(settings),
        contact_policy=default_contact_policy(settings),
        currency=default_currency(settings),
    )
