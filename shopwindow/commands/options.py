"""Options that several commands have, and what they are turned into."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopwindow.settings import PREFIX, Settings, load_settings

if TYPE_CHECKING:
    from shopwindow.remote import Remote

Url = Annotated[str | None, typer.Option(help="Address of the API; the stack running here by default.")]
Key = Annotated[str | None, typer.Option(help="Secret key; the one of the settings, or of the stack running here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, on one line, last on standard output.")]
Port = Annotated[int | None, typer.Option(help="Port the API listens on; 8080 by default.")]
DataDir = Annotated[str | None, typer.Option(help="Directory for the data; ./data by default.")]
Limit = Annotated[int, typer.Option(min=1, max=1000)]


def given_settings(**given: Any) -> Settings:
    """Read the settings, with what the command line gave on top."""
    values = {name: value for name, value in given.items() if value is not None}
    environment = dict(os.environ)
    environment.update({f"{PREFIX}{name.upper()}": str(value) for name, value in values.items()})
    return load_settings(environment)


def open_remote(url: str | None, key: str | None) -> "Remote":
    """Open a client of the API that `--url` and `--key` name; raises `SettingError` where none is found."""
    from shopwindow.remote import Remote, find_address

    return Remote(find_address(given_settings(), url, key))
