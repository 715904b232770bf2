"""A whole stack of its own: what is thrown at it is nobody else's to find."""

import uuid
from collections.abc import Iterator

import pytest

from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings, SiteKeys


@pytest.fixture(scope="session")
def hostile_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Redis, all flows and the API; at the end each of them is the one that was started."""
    keys = SiteKeys("hostile", f"public-{uuid.uuid4().hex}", f"secret-{uuid.uuid4().hex}")
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("hostile")),
        redis_deadline_ms=5_000,
        archive_every_s=0.2,
        events_per_visitor=0,
        sites=(keys,),
    )
    with EmbeddedStack(settings, "hostile") as running:
        yield running
    assert running.restarts == 0
