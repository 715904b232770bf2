"""Message lists: a trigger that asks for no products costs nothing."""

import subprocess
import sys

CODE = """
import sys
from types import SimpleNamespace
from models.catalog.assortment import Assortment
from models.visitor.profile import Profile
from stream.messages.message_lists import MessageLists

outcome = SimpleNamespace(trigger=SimpleNamespace(recommend=SimpleNamespace(limit=0)))
lists = MessageLists(None, 0.0)
assert lists.items("shop", "v", Profile(), outcome, Assortment()) == []
outcome.trigger.recommend.limit = 4
assert lists.items("shop", "v", Profile(), outcome, Assortment()) == []  # nothing is sold
assert "numba" not in sys.modules
"""


def test_no_products_are_made_and_nothing_is_loaded_for_a_message_without() -> None:
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stderr
