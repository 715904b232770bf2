"""Settings: the environment wins over the file, the file over the default; errors name the setting and the value."""

import stat
from pathlib import Path

import pytest

from shopwindow.settings import SettingError, Settings, SiteKeys, load_settings, write_settings

KEYS = SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop")
FILE_KEYS = "".join(
    f'[[sites]]\nsite = "{name}"\npublic_key = "public-key-of-{name}"\nsecret_key = "secret-key-of-{name}"\n'
    for name in ("one", "two")
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No shopwindow.toml of the working directory may take part."""
    monkeypatch.chdir(tmp_path)


def config(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return {"SHOPWINDOW_CONFIG": str(path)}


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    environment = config(tmp_path, 'port = 9000\nworkers = 3\nredis_cluster = false\nlog_level = "info"\n')
    found = load_settings({**environment, "SHOPWINDOW_PORT": "9001", "UNRELATED": "x"})
    assert (found.port, found.workers, found.log_level, found.host) == (9001, 3, "info", "127.0.0.1")
    assert load_settings({}) == Settings()


def test_a_file_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / "shopwindow.toml").write_text("port = 9100\n")
    assert load_settings({}).port == 9100
    assert load_settings(config(tmp_path, "port = 9200\n")).port == 9200


def test_sites_come_from_the_file_and_the_environment_together(tmp_path: Path) -> None:
    given = {
        "SHOPWINDOW_SITE": KEYS.site,
        "SHOPWINDOW_PUBLIC_KEY": KEYS.public_key,
        "SHOPWINDOW_SECRET_KEY": KEYS.secret_key,
    }
    assert load_settings(given).sites == (KEYS,)
    assert [site.site for site in load_settings({**config(tmp_path, FILE_KEYS), **given}).sites] == [
        "one",
        "two",
        "shop",
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"PORT": "many"}, ["SHOPWINDOW_PORT", "port", "'many'", "a whole number"]),
        ({"PORT": "70000"}, ["port", "70000", "at most 65535"]),
        ({"WORKERS": "0"}, ["workers", "0", "at least 1"]),
        ({"HOLDOUT_SHARE": "1.5"}, ["holdout_share", "1.5", "at most 1"]),
        ({"HOLDOUT_SHARE": "nan"}, ["holdout_share", "nan"]),
        ({"PUBLISH_EVERY_S": "inf"}, ["publish_every_s", "inf"]),
        ({"LOG_RETENTION_H": "long"}, ["SHOPWINDOW_LOG_RETENTION_H", "'long'", "a number"]),
        ({"REDIS_CLUSTER": "perhaps"}, ["redis_cluster", "'perhaps'", "true or false"]),
        ({"LOG": "paper"}, ["log", "'paper'", "redis, kafka"]),
        ({"LOG": "kafka"}, ["kafka_bootstrap_servers", "''"]),
        ({"REDIS_CLUSTER": "true"}, ["redis_cluster", "kafka", "'redis'"]),
        ({"KAFKA_OPTIONS": "a=b,c"}, ["kafka_options", "'c'"]),
        ({"PROFILE_LIFETIME_DAYS": "401"}, ["profile_lifetime_days", "401", "400"]),
        ({"PROFILE_LIFETIME_DAYS": "180"}, ["profile_lifetime_days", "180", "365", "recency"]),
        (
            {"PROFILE_LIFETIME_DAYS": "365", "LOST_AFTER_DAYS": "355"},
            ["profile_lifetime_days", "369", "lost_after_days"],
        ),
        ({"COLOUR": "red"}, ["SHOPWINDOW_COLOUR", "'colour'"]),
        ({"SITES": "[]"}, ["SHOPWINDOW_SITES"]),
        ({"CONFIG": "/nowhere/s.toml"}, ["SHOPWINDOW_CONFIG", "/nowhere/s.toml"]),
        ({"SITE": "Shop", "PUBLIC_KEY": "p" * 16, "SECRET_KEY": "s" * 16}, ["site", "'Shop'"]),
        ({"SITE": "shop", "PUBLIC_KEY": "short", "SECRET_KEY": "s" * 16}, ["public_key", "5 characters", "16"]),
        ({"SITE": "shop", "PUBLIC_KEY": "s" * 16, "SECRET_KEY": "s" * 16}, ["'shop'", "the same"]),
        ({"SECRET_KEY": "s" * 16}, ["site", "''"]),
    ],
)
def test_an_error_names_the_setting_and_the_value(given: dict[str, str], named: list[str]) -> None:
    with pytest.raises(SettingError) as found:
        load_settings({f"SHOPWINDOW_{name}": value for name, value in given.items()})
    for part in named:
        assert part in str(found.value)
    assert "s" * 16 not in str(found.value)  # no key is ever shown


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("port = ", ["settings.toml", "not TOML"]),
        ("port = " + "[" * 5_000, ["settings.toml", "not TOML"]),
        (f"port = 1\n{'#' * 1_100_000}", ["settings.toml", "1,048,576 bytes"]),
        ("colour = 1", ["settings.toml", "'colour'"]),
        ("port = 1.5", ["settings.toml", "port", "1.5"]),
        ("sites = 1", ["sites", "[[sites]]"]),
        ("[[sites]]\nsite = 'a'\n", ["settings.toml", "public_key"]),
        (FILE_KEYS.replace("key-of-two", "key-of-one"), ["'one'", "'two'", "share a key"]),
    ],
)
def test_an_error_in_the_file_names_the_file(text: str, named: list[str], tmp_path: Path) -> None:
    with pytest.raises(SettingError) as found:
        load_settings(config(tmp_path, text))
    for part in named:
        assert part in str(found.value)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    changed = Settings(
        port=0,
        data_dir='with "quotes" \\ and ünïcode 🛍',
        redis_cluster=True,
        log="kafka",
        kafka_bootstrap_servers="a:1,b:2",
        kafka_options="x=y",
        holdout_share=0.25,
        sites=(KEYS, SiteKeys("other", "public-key-of-other", "secret-key-of-other")),
    )
    path = tmp_path / "written.toml"
    for settings in (Settings(), changed):
        write_settings(settings, path)
        assert load_settings({"SHOPWINDOW_CONFIG": str(path)}) == settings
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_readable_by_others_is_not_once_keys_are_in_it(tmp_path: Path) -> None:
    path = tmp_path / "written.toml"
    path.write_text("")
    path.chmod(0o644)
    write_settings(Settings(sites=(KEYS,)), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
