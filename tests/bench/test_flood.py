"""The flood benchmark, for a moment: memory stays flat, the well-behaved client is answered, and it says so."""

import orjson
import pytest

from bench.flood import FLOODS, main


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_short_flood_leaves_the_api_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    floods = ["endless headers", "heads that trickle", "gzip bombs", "wrong keys"]
    code = main(["--seconds", "1", "--connections", "60", "--rate", "20", "--floods", *floods])
    told = orjson.loads(capfd.readouterr().out.splitlines()[-1])
    assert code == 0, told
    assert (told["benchmark"], told["errors"], told["restarts"]) == ("flood", 0, 0)
    assert told["memory_mb"]["is_flat"]
    assert list(told["floods"]) == floods
    assert set(floods) <= set(FLOODS)
    ends = {name: set(flood["rounds"][0]["ends"]) for name, flood in told["floods"].items()}
    assert "431" in ends["endless headers"]
    assert "413" in ends["gzip bombs"]
    assert {"401", "429"} <= ends["wrong keys"]
