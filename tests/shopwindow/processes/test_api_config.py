"""What the API is told follows from the settings; what does not fit is named."""

from pathlib import Path

import pytest

from api.http.edge.limits import Limits
from shopwindow.processes.api_config import api_config, api_limits
from shopwindow.settings import SettingError, Settings, SiteKeys

KEYS = SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop")


def test_units_are_those_of_the_configuration(tmp_path: Path) -> None:
    settings = Settings(
        sites=(KEYS,),
        redis_url="redis://127.0.0.1:1",
        redis_deadline_ms=250,
        profile_lifetime_days=2,
        data_dir=str(tmp_path),
        clock="event",
        trusted_proxies=" 10.0.0.0/8, ::1",
        rate_per_address=7,
    )
    config = api_config(settings)
    assert [site.site for site in config.sites] == ["shop"]
    assert (config.redis_deadline_s, config.lifetimes.profile_s) == (0.25, 172_800.0)
    assert (config.archive_directory, config.clock) == (tmp_path / "archive", "event")
    assert (config.limits.trusted_proxies, config.limits.rate_per_address) == (("10.0.0.0/8", "::1"), 7)
    assert api_limits(Settings()) == Limits(), "what is said in one place is so in the other"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(redis_url="redis://127.0.0.1:1"), "no site is set"),
        (Settings(sites=(KEYS,)), "redis_url is empty"),
        (Settings(sites=(KEYS,), redis_url="redis://127.0.0.1:1", shop_site="other"), "'other', not one of shop"),
        (Settings(sites=(KEYS,), redis_url="redis://127.0.0.1:1", caps="often"), "caps has the part 'often'"),
        (Settings(sites=(KEYS,), redis_url="redis://127.0.0.1:1", trusted_proxies="10.0.0.0/8,all"), "trusted_.*'all'"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(settings: Settings, named: str) -> None:
    with pytest.raises(SettingError, match=named):
        api_config(settings)
