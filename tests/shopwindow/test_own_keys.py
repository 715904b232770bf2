"""Own keys: made once, kept for their owner alone, and made anew past a file that holds none."""

import json
import logging
from pathlib import Path

import pytest

from shopwindow.own_keys import KEYS_FILE, own_keys

SHORT = json.dumps({"site": "shop", "public_key": "short", "secret_key": 7}).encode()
HELD = [b"", b"{", b"\xff\x00", b"[" * 100_000, b"null", b'{"site": "shop"}', b'{"site": "shop", "more": 1}', SHORT]


def test_keys_are_made_once_and_read_by_their_owner_alone(tmp_path: Path) -> None:
    made = own_keys(tmp_path, "shop")
    assert own_keys(tmp_path, "other") == made
    assert made.site == "shop"
    assert made.public_key != made.secret_key
    assert (tmp_path / KEYS_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("held", HELD)
def test_what_holds_no_keys_is_set_aside_and_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, held: bytes
) -> None:
    (tmp_path / KEYS_FILE).write_bytes(held)
    with caplog.at_level(logging.WARNING):
        made = own_keys(tmp_path, "shop")
    (aside,) = tmp_path.glob(f"{KEYS_FILE}.unreadable-*")
    assert aside.read_bytes() == held
    assert aside.name in caplog.text
    assert "public_key and secret_key" in caplog.text
    assert own_keys(tmp_path, "shop") == made
