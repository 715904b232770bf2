"""Own keys: those of an embedded stack whose settings name no site, made at its first start."""

import json
import logging
import time
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

from shopwindow.private_files import write_private
from shopwindow.settings import SettingError, SiteKeys, parse_site

KEYS_FILE: Final = "keys.json"
_LOGGER = logging.getLogger(__name__)


def own_keys(directory: Path, site: str) -> SiteKeys:
    """Read the keys kept in a directory, made where there are none.

    What is there and holds no keys is set aside under another name, with a warning that says what to do: nothing starts
    without keys, and what was learned does not hang on them. Raises `SettingError` for a file that may not be read.
    """
    path = directory / KEYS_FILE
    try:
        if path.exists():
            return parse_site(json.loads(path.read_bytes()), str(path))
    except OSError as error:
        raise SettingError(f"the keys in {path} may not be read: {error}") from error
    except (ValueError, RecursionError, SettingError) as error:
        aside = path.with_name(f"{KEYS_FILE}.unreadable-{time.time_ns()}")
        path.replace(aside)
        _LOGGER.warning(
            "%s held no keys (%s) and is now %s; new keys are made, and pages and servers that have the old ones are "
            "refused: give those as the settings site, public_key and secret_key, or put a copy of the file back and "
            "restart",
            *(path, error, aside),
        )
    made = {
        "site": site,
        "public_key": f"public-{token_urlsafe(18)}",
        "secret_key": f"secret-{token_urlsafe(18)}",
    }
    write_private(path, json.dumps(made, indent=2) + "\n")
    return SiteKeys(**made)
