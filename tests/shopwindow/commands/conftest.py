"""A stack that the commands speak to."""

from collections.abc import Iterator

import pytest

from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings
from tests.shopwindow.commands.cli import KEYS


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Everything, with nothing in it."""
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("cli")),
        redis_deadline_ms=5_000,
        archive_every_s=0.2,
        webhook_private=True,
        sites=(KEYS,),
    )
    with EmbeddedStack(settings, "up") as running:
        yield running
    assert running.restarts == 0


@pytest.fixture
def at(stack: EmbeddedStack) -> dict[str, str]:
    """Settings that find the stack by its data directory."""
    return {"SHOPWINDOW_DATA_DIR": stack.settings.data_dir}
