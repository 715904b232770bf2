"""A stack whose clock its events move, shared by the stories: each has a site of its own."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from shopwindow.embedded_stack import EmbeddedStack
from shopwindow.settings import Settings, SiteKeys
from tests.api.stories.triggers.stories import Story, product

SITES = 40


@pytest.fixture(scope="package")
def story_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """One stack, with a site for each story."""
    sites = tuple(
        SiteKeys(f"story-{number}", f"public-{number}-{uuid.uuid4().hex}", f"secret-{number}-{uuid.uuid4().hex}", "off")
        for number in range(SITES)
    )
    settings = Settings(
        port=0,
        data_dir=str(tmp_path_factory.mktemp("stories")),
        clock="event",
        log_partitions=2,
        session_timeout_s=1.0,
        redis_deadline_ms=5_000,
        publish_every_s=0.2,
        caps="",
        webhook_retry_s="0.1,0.2",
        webhook_timeout_s=1.0,
        webhook_private=True,
        sites=sites,
    )
    with EmbeddedStack(settings, "stories") as running:
        yield running


@pytest.fixture(scope="package")
def unused(story_stack: EmbeddedStack) -> list[SiteKeys]:
    """Sites no story has used yet."""
    return list(story_stack.settings.sites)


@pytest.fixture
def story(story_stack: EmbeddedStack, unused: list[SiteKeys]) -> Iterator[Story]:
    """A site of its own, with a catalog."""
    keys = unused.pop()
    with (
        httpx.Client(
            base_url=story_stack.url, headers={"Authorization": f"Bearer {keys.public_key}"}, timeout=30
        ) as public,
        httpx.Client(
            base_url=story_stack.url, headers={"Authorization": f"Bearer {keys.secret_key}"}, timeout=30
        ) as secret,
    ):
        made = Story(story_stack, keys.site, public, secret)
        made.put_items(*(product(number) for number in range(12)))
        yield made
