"""Commands that say how a shop is to be: its files, its settings."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table
from shopwindow.files import CURRENCY_KEY, FILE_KINDS, POLICY_KEY, id_field, read_display
from shopwindow.settings import PREFIX, load_settings
from shopwindow.shown_settings import settings_table, shown_value

if TYPE_CHECKING:
    from shopwindow.remote import Remote

_NAMED: Final = 10
_SINGLE: Final = {CURRENCY_KEY: "/v1/currency", POLICY_KEY: "/v1/contact-policy"}
"""Where things are put of which a site has one."""


@dataclass(frozen=True, slots=True)
class _Applied:
    """What came of the things of one kind: ids, of what was refused its file, code and message, and what is odd."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)


def apply_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="YAML files: placements, campaigns, creatives, rules, segments, triggers ...; - is standard input."
        ),
    ],
    url: Url = None,
    key: Key = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Take out what the files do not have, of the kinds they do have.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make placements, campaigns, creatives, segments, rules, experiments, triggers, contact policy and currency what
    files say.

    Applied twice, nothing changes. Where anything is refused, nothing is taken out, and the exit code is 1.
    """
    wanted: dict[str, list[tuple[Path, Any]]] = {kind: [] for kind in FILE_KINDS}
    single: dict[str, Any] = {}
    for file in files:
        for kind, resources in read_display(file).items():
            if kind in _SINGLE:
                single[kind] = resources[-1]
            else:
                wanted[kind] += [(file, resource) for resource in resources]
    with open_remote(url, key) as remote:
        for kind, path in _SINGLE.items():
            if kind in single and not dry_run:
                remote.call("PUT", path, single[kind])
        put = _planned if dry_run else _put
        applied = {kind: put(remote, kind, resources) for kind, resources in wanted.items() if resources}
        refused = any(done.rejected for done in applied.values())
        # Last and backwards: what names others goes before what it names.
        for kind in reversed(applied) if prune and (dry_run or not refused) else ():
            applied[kind].removed.extend(_take_out(remote, kind, wanted[kind], dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, "set": list(single), **{kind: asdict(done) for kind, done in applied.items()}})
    else:
        _say(single, applied, prune=prune, dry_run=dry_run)
    if refused:
        raise typer.Exit(1)


def _put(remote: "Remote", kind: str, resources: list[tuple[Path, Any]]) -> _Applied:
    """Put things of a kind, each with the file it is from."""
    before = _known(remote, kind)
    done = _Applied()
    rejected = remote.put_all(f"/v1/{kind}", kind, [resource for _, resource in resources], done.warnings)
    done.rejected.extend({"file": str(resources[found["index"]][0]), **found} for found in rejected)
    after = _known(remote, kind)
    for resource_id in sorted(_ids(kind, resources) & after.keys()):
        if resource_id not in before:
            done.created.append(resource_id)
        else:
            same = before[resource_id] == after[resource_id]
            (done.unchanged if same else done.changed).append(resource_id)
    return done


def _planned(remote: "Remote", kind: str, resources: list[tuple[Path, Any]]) -> _Applied:
    """Say what would come of things of a kind: those that cannot be read would be refused whatever is there."""
    from models.base.errors import InvalidError
    from models.catalog.parsing import PARSERS
    from models.experiments.parsing import parse_experiment
    from models.segments.segments import parse_segment
    from models.triggers.trigger import parse_trigger

    parsers: dict[str, Callable[[object], object]] = {str(name): parse for name, parse in PARSERS.items()}
    parsers |= {"experiments": parse_experiment, "segments": parse_segment, "triggers": parse_trigger}
    before = _known(remote, kind)
    done = _Applied()
    readable: list[tuple[Path, Any]] = []
    for index, (file, resource) in enumerate(resources):
        try:
            parsers[kind](resource)
            readable.append((file, resource))
        except InvalidError as error:
            done.rejected.append({"file": str(file), "index": index, "code": error.code, "message": error.message})
    for resource_id in sorted(_ids(kind, readable)):
        (done.compared if resource_id in before else done.created).append(resource_id)
    return done


def _known(remote: "Remote", kind: str) -> dict[str, dict[str, Any]]:
    return {known[id_field(kind)]: known for known in remote.list_all(f"/v1/{kind}", kind)}


def _ids(kind: str, resources: list[tuple[Path, Any]]) -> set[str]:
    return {str(resource.get(id_field(kind))) for _, resource in resources if isinstance(resource, dict)}


def _take_out(remote: "Remote", kind: str, resources: list[tuple[Path, Any]], *, dry_run: bool) -> list[str]:
    """Take out, or only name, the site's own things of a kind that the files do not have."""
    own = {resource_id for resource_id, known in _known(remote, kind).items() if not known.get("shipped")}
    gone = sorted(own - _ids(kind, resources))
    for resource_id in () if dry_run else gone:
        remote.call("DELETE", f"/v1/{kind}/{quote(resource_id, safe='')}")
    return gone


def _say(single: Iterable[str], applied: Mapping[str, _Applied], *, prune: bool, dry_run: bool) -> None:
    for kind in single:
        typer.echo(f"{kind.replace('_', ' ')}: {'would be set' if dry_run else 'set'}")
    for kind, done in applied.items():
        _say_kind(kind, done, prune=prune, dry_run=dry_run)


def _say_kind(kind: str, done: _Applied, *, prune: bool, dry_run: bool) -> None:
    for rejection in done.rejected:
        sys.stderr.write(f"{rejection['file']}: {kind}: {rejection['message']}\n")
    for warning in done.warnings:
        sys.stderr.write(f"{kind}: warning: {warning['message']}\n")
    if dry_run:
        parts = [
            f"{len(done.created)} would be created",
            f"{len(done.compared)} compared and changed where they differ",
        ]
    else:
        parts = [f"{len(done.created)} created", f"{len(done.changed)} changed", f"{len(done.unchanged)} unchanged"]
    if done.rejected:
        parts.append(f"{len(done.rejected)} rejected")
    if prune:
        parts.append(f"{len(done.removed)} taken out{_named(done.removed)}")
    typer.echo(f"{kind}: {', '.join(parts)}")


def _named(ids: Sequence[str]) -> str:
    """Give ids in brackets, whole, the first few of many."""
    if not ids:
        return ""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f" ({', '.join(ids[:_NAMED])}{more})"


def list_settings() -> None:
    """List every setting: environment variable, default, unit, meaning, and the value in force."""
    in_force = load_settings()
    rows: list[tuple[str, ...]] = []
    for variable, default, unit, meaning in settings_table():
        name = variable.removeprefix(PREFIX).lower()
        rows.append((variable, default, unit, meaning, shown_value(in_force, name)))
    print_table(("environment variable", "default", "unit", "meaning", "in force"), rows)
    typer.echo(
        f"In a TOML file named by {PREFIX}CONFIG, or ./shopwindow.toml: the same names in lower case, without prefix."
    )
