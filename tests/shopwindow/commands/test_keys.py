"""Commands about keys: made and told once, listed, rotated, revoked; and tokens."""

from pathlib import Path

import httpx

from models.access.visitor_token import is_token_of, token_secret_of
from shopwindow.embedded_stack import EmbeddedStack
from tests.shopwindow.commands.cli import KEYS, last_json, run, said


def test_a_key_is_made_listed_rotated_and_revoked(tmp_path: Path, stack: EmbeddedStack, at: dict[str, str]) -> None:
    made = last_json(run(tmp_path, "keys", "create", "till", "--scope", "events", "--scope", "read", "--json", **at))
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert httpx.get(f"{stack.url}/v1/status", headers=headers).status_code == 200
    listed = said(run(tmp_path, "keys", "list", **at))
    assert made["key_id"] in listed
    assert made["key"] not in listed
    assert "till" in listed
    other = said(run(tmp_path, "keys", "rotate", made["key_id"], **at)).splitlines()[-1]
    assert httpx.get(f"{stack.url}/v1/status", headers={"Authorization": f"Bearer {other}"}).status_code == 200
    assert "is revoked" in said(run(tmp_path, "keys", "revoke", made["key_id"], **at))
    assert httpx.get(f"{stack.url}/v1/status", headers=headers).status_code == 401
    refused = run(tmp_path, "keys", "create", "x", "--scope", "all", **at)
    assert refused.returncode != 0
    assert "'all' is none of browser" in refused.stderr


def test_a_token_is_minted_for_a_visitor(tmp_path: Path, at: dict[str, str]) -> None:
    token = said(run(tmp_path, "keys", "token", "customer-7", "--lasts-s", 600, **at)).strip()
    assert is_token_of(token, token_secret_of(KEYS.secret_key), KEYS.site, "customer-7", 0.0)
