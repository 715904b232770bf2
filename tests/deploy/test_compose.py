"""The compose file: its commands exist, and started as it says they carry an event from the API to a profile."""

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from shopwindow.embedded import EmbeddedRedis, free_port
from tests.processes import COMMAND, READY_WITHIN_S, Part, wait_until_ready
from tests.processes import running as processes
from tests.servers import Broker

ROOT = Path(__file__).parents[2]
OURS = ("api", "stream-profile", "stream-learn", "stream-trigger", "stream-archive")
API_PORT = 8080

_VARIABLE = re.compile(r"\$\{(\w+):\?([^}]+)\}")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """What a shop would write into `.env`."""
    return {
        "SHOPWINDOW_SITE": f"compose-{uuid.uuid4().hex[:8]}",
        "SHOPWINDOW_PUBLIC_KEY": uuid.uuid4().hex,
        "SHOPWINDOW_SECRET_KEY": uuid.uuid4().hex,
    }


def environment(service: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The service's environment as compose would resolve it."""
    return {
        name: _VARIABLE.sub(lambda found: given[found[1]], str(value)) for name, value in service["environment"].items()
    }


def test_what_the_file_asks_for_is_what_the_example_lists(services: dict[str, Any]) -> None:
    example = {line.partition("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line}
    asked = {
        found[1]
        for name in OURS
        for value in services[name]["environment"].values()
        for found in _VARIABLE.finditer(str(value))
    }
    assert asked == example
    assert "${" not in re.sub(_VARIABLE, "", (ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_we_have(services: dict[str, Any], name: str) -> None:
    program, *arguments = services[name]["command"]
    assert program == COMMAND.name
    told = subprocess.run([str(COMMAND), *arguments, "--help"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    dockerfile = ROOT / services[name]["build"]["dockerfile"]
    assert dockerfile.is_file()


def test_the_image_holds_every_package_and_nothing_it_should_not() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    allowed = (ROOT / ".dockerignore").read_text().split()
    for package in ("models", "store", "stream", "api", "shopwindow"):
        assert f"COPY {package} " in dockerfile
        assert f"!{package}" in allowed
    assert allowed.index("*") < allowed.index("!models")
    assert not {"!.env", "!data", "!.git"} & set(allowed)


def test_prometheus_asks_services_that_there_are_on_the_ports_they_use(services: dict[str, Any]) -> None:
    jobs = {
        job["job_name"]: job
        for job in yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())["scrape_configs"]
    }
    assert jobs["api"]["static_configs"][0]["targets"] == [f"api:{API_PORT}"]
    found = jobs["stream"]["dns_sd_configs"][0]
    assert all(services[name]["environment"]["SHOPWINDOW_METRICS_PORT"] == found["port"] for name in found["names"])
    assert set(found["names"]) == set(OURS) - {"api"}
    assert not any("container_name" in services[name] for name in OURS)  # a fixed name could not be scaled


@pytest.fixture
def running(
    services: dict[str, Any], secrets: dict[str, str], kafka_broker: Broker, redis_server: EmbeddedRedis, tmp_path: Path
) -> Iterator[dict[str, int]]:
    """Our services as processes, started as the file says but for addresses; the port of each."""
    if kafka_broker.extra:
        pytest.skip("the light broker needs client settings that the compose file does not have")
    addresses = {"kafka:9092": kafka_broker.bootstrap, "redis:6379": urlsplit(redis_server.url).netloc}
    ports = {name: free_port() for name in OURS}
    log_name = f"compose-{uuid.uuid4().hex[:8]}"  # the broker serves other tests too
    parts = {}
    for name in OURS:
        own = environment(services[name], secrets)
        for inside, address in addresses.items():
            own = {key: value.replace(inside, address) for key, value in own.items()}
        own |= {"SHOPWINDOW_LOG_NAME": log_name}
        own["SHOPWINDOW_PORT" if name == "api" else "SHOPWINDOW_METRICS_PORT"] = str(ports[name])
        parts[name] = Part(services[name]["command"][1:], own)
    with processes(parts, tmp_path):
        yield ports


@pytest.mark.kafka
@pytest.mark.slow
def test_an_event_posted_to_the_api_is_learned_by_the_flows(
    services: dict[str, Any], secrets: dict[str, str], running: dict[str, int], tmp_path: Path
) -> None:
    def logs() -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in tmp_path.glob("*.log"))

    with httpx.Client(base_url=f"http://127.0.0.1:{running['api']}", timeout=10) as client:
        wait_until_ready(str(client.base_url).rstrip("/"), tmp_path)
        deadline_s = time.monotonic() + READY_WITHIN_S
        answer = client.post(
            "/v1/events",
            headers={"Authorization": f"Bearer {secrets['SHOPWINDOW_PUBLIC_KEY']}"},
            json={"events": [{"event": "page_view", "visitor_id": "v-1"}]},
        )
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
        client.headers["Authorization"] = f"Bearer {secrets['SHOPWINDOW_SECRET_KEY']}"
        while True:
            status = client.get("/v1/status").json()
            if status["events"]["applied"] == 1 and set(status["lag"].values()) == {0}:
                break
            assert time.monotonic() < deadline_s, f"{status}\n{logs()}"
            time.sleep(0.1)
        visitor = client.get("/v1/visitors/v-1").json()
        assert (visitor["storage"]["position"], visitor["storage"]["pending_events"]) == (1, 0)
    for name in OURS:
        # The health check of the file, or the image's where the file has none.
        check = services[name].get("healthcheck", {}).get("test") or image_check()
        assert check[0] == "CMD"
        script = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{running[name]}", check[-1])
        subprocess.run([sys.executable, *check[2:-1], script], check=True)


def image_check() -> list[str]:
    found = re.search(r"^HEALTHCHECK.*?CMD (\[.*?\])$", (ROOT / "deploy" / "Dockerfile").read_text(), re.DOTALL | re.M)
    assert found is not None
    return ["CMD", *yaml.safe_load(found[1])]
