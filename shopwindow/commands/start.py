"""Commands that start processes: the demo, the embedded stack, the API and the stream flows.

Each imports what it starts when it does: a process has only its own rooms in memory.
"""

import os
import signal
import sys
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer

from shopwindow.commands.options import AsJson, DataDir, Port, given_settings
from shopwindow.commands.output import print_json, print_table
from shopwindow.settings import PREFIX, Settings


class FlowName(StrEnum):
    """A stream flow."""

    PROFILE = "profile"
    LEARN = "learn"
    TRIGGER = "trigger"
    ARCHIVE = "archive"


def run_demo_shop(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Run so long, then stop; until Ctrl-C by default.")
    ] = None,
    as_json: AsJson = False,
    seed: Annotated[int, typer.Option(help="Of the sample shop and its simulated shoppers.")] = 1,
    shoppers: Annotated[bool, typer.Option(help="Whether simulated shoppers visit.")] = True,
    port: Port = None,
    data_dir: DataDir = None,
) -> None:
    """Show a sample shop whose slots and recommendations move with each click; nothing else is needed."""
    from shopwindow.demo import run_demo

    told = sys.stderr if as_json else sys.stdout
    figures = run_demo(
        given_settings(port=port, data_dir=data_dir),
        seconds=seconds,
        seed=seed,
        shoppers=shoppers,
        port_given=port is not None or f"{PREFIX}PORT" in os.environ,
        say=lambda line: typer.echo(line, file=told),
    )
    if as_json:
        print_json(figures)
        return
    rows = [(name, orjson.dumps(value).decode()) for name, value in figures.items()]
    print_table(("figure", "value"), rows, title="Simulated shoppers")


def run_embedded_stack(port: Port = None, data_dir: DataDir = None) -> None:
    """Run everything on this machine: embedded Redis, stream and API, for your own shop."""
    from shopwindow.embedded_stack import EmbeddedStack

    with EmbeddedStack(given_settings(port=port, data_dir=data_dir), "shop") as stack:
        for line in (
            f"API        {stack.url}/docs",
            f"Store      {stack.redis_description}",
            f"Site       {stack.keys.site}",
            f"Public key {stack.keys.public_key}",
            f"Secret key {stack.keys.secret_key}",
            "Stop with Ctrl-C.",
        ):
            typer.echo(line)
        _wait_for_signal()


def _wait_for_signal() -> None:
    signals = {signal.SIGINT, signal.SIGTERM}
    for number in signals:
        signal.signal(number, lambda *_: None)
    signal.pause()


def run_api(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.")] = None,
    openapi: Annotated[bool, typer.Option("--openapi", help="Print the OpenAPI document and exit.")] = False,
) -> None:
    """Serve the API, against the Redis and the event log of the settings."""
    if openapi:
        print_json(_openapi())
        return
    from shopwindow.processes.api import serve_api

    settings = given_settings(host=host, port=port, workers=workers)
    for field in fields(Settings):
        # API processes read the settings for themselves; what the command line gave must reach them.
        value = {"host": host, "port": port, "workers": workers}.get(field.name)
        if value is not None:
            os.environ[f"{PREFIX}{field.name.upper()}"] = str(value)
    serve_api(settings)


def _openapi() -> dict[str, Any]:
    from api.app import create_app
    from api.http.config import ApiConfig
    from api.runtime.logs import Logs

    def no_logs() -> Logs:
        raise RuntimeError("the document is made without starting the API")

    return create_app(ApiConfig(sites=(), redis_url="redis://127.0.0.1"), no_logs).openapi()


def run_stream(
    flow: Annotated[
        FlowName,
        typer.Argument(
            help="profile: visitor profiles, any number; learn: models, one active; trigger: messages, any number; "
            "archive: Parquet files for reports."
        ),
    ],
    metrics_port: Annotated[int | None, typer.Option(help="Serve Prometheus metrics on this port.")] = None,
) -> None:
    """Run one stream flow, against the Redis and the event log of the settings."""
    settings = given_settings(metrics_port=metrics_port)
    match flow:
        case FlowName.PROFILE:
            from shopwindow.processes.profile import serve_profile

            serve_profile(settings)
        case FlowName.LEARN:
            from shopwindow.processes.learn import serve_learn

            serve_learn(settings)
        case FlowName.TRIGGER:
            from shopwindow.processes.trigger import serve_trigger

            serve_trigger(settings)
        case FlowName.ARCHIVE:
            from shopwindow.processes.archive import serve_archive

            serve_archive(settings)
