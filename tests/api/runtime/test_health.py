"""Health: readiness is what it promises, and what fails goes on by itself once it can."""

import asyncio
from pathlib import Path

import pytest

from api.http.problems import ProblemError
from api.intake.log_appender import append_events, event_record
from api.runtime.health import Health, go_on
from api.runtime.site import Site
from api.runtime.state import State
from models.events.intake.parsing import parse_event
from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from tests.api.runtime.running import PARTITIONS, accept, in_process, looked_at


def test_a_redis_that_refuses_is_told_of_and_everything_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.runtime.health._FRESH_S", 0.0)
    with EmbeddedRedis(tmp_path) as server:
        admin = connect(server.url)

        async def work(state: State, site: Site) -> None:
            async def sent() -> str:
                event = parse_event(looked_at("v", "i1"), site.name, 1_700_000_000.0)
                try:
                    await append_events(state.appenders.events, [event_record(event, PARTITIONS)])
                except ProblemError as problem:
                    return f"{problem.code} {problem.headers}"
                return "taken"

            assert await sent() == "taken"
            assert await state.intake_probe.trouble() == ""
            refusing = {
                "maxmemory": (str(int(admin.info("memory")["used_memory"]) // 2), "0"),
                "min-replicas-to-write": ("1", "0"),
            }
            for setting, (bad, good) in refusing.items():
                admin.config_set(setting, bad)
                for _ in range(3):
                    assert await sent() == "log_unavailable {'Retry-After': '2'}"
                assert await state.intake_probe.trouble() != ""
                admin.config_set(setting, good)
                assert await sent() == "taken"
                assert await state.intake_probe.trouble() == ""
            await accept(state, site, looked_at("v", "i2"))
            assert sum(state.logs.events.ends()) == 4

        in_process(server.url, work)
        admin.close()


def test_a_part_that_raises_begins_again_and_is_well_once_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.runtime.health._FIRST_WAIT_S", 0.0)
    monkeypatch.setattr("api.runtime.health._LONGEST_WAIT_S", 0.05)
    health = Health()
    tries: list[dict[str, str]] = []
    go = asyncio.Event()

    async def work() -> None:
        tries.append(health.troubles)
        if len(tries) < 3:
            raise ValueError(f"try {len(tries)}")
        await go.wait()

    async def watched() -> dict[str, str]:
        part = asyncio.create_task(go_on(health, "part", work))
        while len(tries) < 3 or health.troubles:
            await asyncio.sleep(0.01)
        go.set()
        await part
        return health.troubles

    assert asyncio.run(watched()) == {}
    assert tries == [{}, {"part": "ValueError: try 1"}, {"part": "ValueError: try 2"}]
