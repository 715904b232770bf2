"""The API's processes: they wait for their servers, share their counts, and a setting that does not fit starts none."""

import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from shopwindow.embedded import EmbeddedRedis
from shopwindow.processes.api import serve_api
from shopwindow.settings import SettingError, Settings, SiteKeys
from tests.processes import Part, running, wait_until_ready
from tests.shopwindow.processes.waiting import away, waiting

COUNT = "shopwindow_request_seconds_count"
RESIDENT = "shopwindow_process_resident_bytes{"
KEYS = SiteKeys("shop", "public-key-of-the-shop", "secret-key-of-the-shop")


def test_an_api_started_before_its_redis_becomes_ready(tmp_path: Path) -> None:
    settings = away("redis")
    port = int(settings.redis_url.rsplit(":", 1)[1].split("/")[0])
    settings = replace(settings, redis_url=f"redis://:early@127.0.0.1:{port}/0")
    server = EmbeddedRedis(tmp_path / "redis", port=port, password="early")
    with waiting(("api",), settings, tmp_path / "early.toml"), server:
        deadline_s = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{settings.port}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline_s
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(redis_url="redis://127.0.0.1:1"), "no site is set"),
        (Settings(sites=(KEYS,)), "redis_url is empty"),
        (Settings(sites=(KEYS,), redis_url="redis://127.0.0.1:1", time_zone="Mars"), "Mars"),
    ],
)
def test_a_setting_that_does_not_fit_is_told_before_any_process_starts(settings: Settings, named: str) -> None:
    with pytest.raises(SettingError, match=named):
        serve_api(replace(settings, workers=2))


@pytest.mark.slow
def test_several_processes_answer_and_count_together(redis_server: EmbeddedRedis, tmp_path: Path) -> None:
    port = away("redis").port
    url = f"http://127.0.0.1:{port}"
    settings = {
        "SHOPWINDOW_REDIS_URL": redis_server.url,
        "SHOPWINDOW_LOG_NAME": f"several-{port}",
        "SHOPWINDOW_SITE": f"several-{port}",
        "SHOPWINDOW_PUBLIC_KEY": KEYS.public_key,
        "SHOPWINDOW_SECRET_KEY": KEYS.secret_key,
    }
    with running({"api": Part(("api", "--workers", "2", "--port", str(port)), settings)}, tmp_path):
        wait_until_ready(url, tmp_path)
        for _ in range(30):  # each on a connection of its own, so that both are asked
            assert httpx.get(f"{url}/v1/nowhere").status_code == 404
        deadline_s = time.monotonic() + 30
        while True:
            told = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {KEYS.secret_key}"}).text
            memory = [line for line in told.splitlines() if line.startswith(RESIDENT)]
            if len(memory) == 2 or time.monotonic() > deadline_s:
                break
    assert [float(line.rpartition(" ")[2]) > 50e6 for line in memory] == [True, True], "each process tells its own"
    (line,) = [line for line in told.splitlines() if 'status="404"' in line and line.startswith(COUNT)]
    assert float(line.rpartition(" ")[2]) == 30.0
