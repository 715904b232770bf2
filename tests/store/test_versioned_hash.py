"""A hash with a version: the version moves with every change, and with nothing else."""

from uuid import uuid4

import pytest

from shopwindow.embedded import EmbeddedRedis
from store.client import connect
from store.versioned_hash import HashKeys, VersionedHash

LIFETIME_S = 60


def test_the_version_moves_with_every_change_and_with_nothing_else(redis_server: EmbeddedRedis) -> None:
    client = connect(redis_server.url)
    name = f"{{{uuid4().hex}}}"
    version = f"{name}:version"

    stamp = f"{name}:stamp"
    kept = VersionedHash(client, HashKeys(lambda _: name, lambda _: version, lambda _: stamp), LIFETIME_S)

    def write(*pairs: tuple[str, bytes], most: int = 3) -> tuple[int, int]:
        """How many fields changed, and the version then."""
        changed = kept.set_and_delete("shop", most, pairs)
        return changed, int(client.get(version) or 0)

    assert write(("a", b"1"), ("b", b"1")) == (2, 1)
    assert write(("a", b"1")) == (0, 1)
    assert write(("a", b"2"), ("b", b"1")) == (1, 2)
    assert write(("b", b""), ("z", b"")) == (1, 3)
    assert write(("c", b"1"), ("d", b"1"), ("e", b"1")) == (-1, 3)
    assert client.hgetall(name) == {b"a": b"2"}
    assert 0 < client.ttl(name) <= LIFETIME_S
    assert client.ttl(version) == pytest.approx(LIFETIME_S, abs=1)
    assert (kept.version("shop").number, kept.values("shop")) == (3, {"a": b"2"})
    kept.put_beside("shop", f"{name}:beside", b"7")
    assert (client.get(f"{name}:beside"), kept.version("shop").number) == (b"7", 4)
    assert 0 < client.ttl(f"{name}:beside") <= LIFETIME_S
    kept.raise_version("shop")
    assert kept.version("shop").number == 5
    client.close()


def test_a_change_counted_again_after_one_was_lost_is_another_version(redis_server: EmbeddedRedis) -> None:
    client = connect(redis_server.url)
    name = f"{{{uuid4().hex}}}"
    kept = VersionedHash(
        client, HashKeys(lambda _: name, lambda _: f"{name}:version", lambda _: f"{name}:stamp"), LIFETIME_S
    )
    seen = []
    for value in (b"1", b"2", b"3"):
        kept.put_within("shop", [("a", value)], 9)
        seen.append(kept.version("shop"))
        client.decr(f"{name}:version")  # as in a copy that has come back
        seen.append(kept.version("shop"))
    assert len(set(seen)) == len(seen)
    assert {version.number for version in seen} == {0, 1}
    client.close()
