"""The lock holds what every Python 3.11 needs, not only the one it was made with."""

import re
from importlib import metadata
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

LOCKED = sorted(re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


def _needed(package: str, version: str) -> set[str]:
    """Names of what a package needs without extras, under a Python version."""
    environment: dict[str, Any] = {**default_environment(), "python_full_version": version, "extra": ""}
    requirements = [Requirement(line) for line in metadata.requires(package) or []]
    return {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }


@pytest.mark.parametrize("version", ["3.11.0", "3.11.2", "3.11.14"])
def test_what_a_locked_package_needs_is_locked(version: str) -> None:
    assert len(LOCKED) > 50
    missing = {package: _needed(package, version) - set(LOCKED) for package in LOCKED}
    assert {package: names for package, names in missing.items() if names} == {}
