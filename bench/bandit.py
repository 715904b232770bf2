"""How good is the slot policy? Three questions, each answered with one JSON object on the last line.

    python -m bench.bandit tests FILE
    python -m bench.bandit log FILE --action item_id --reward click --propensity propensity --context user_0 user_1
    python -m bench.bandit simulate

`tests` plays A/B tests (CSV with test_id, arm, impressions, clicks and perhaps randomisation_risk). `log` reads any
randomised log: it replays our policy by rejection sampling and judges another one off-policy. `simulate` plays a shop
made up from a seed. In all three the engine is the click model and the policy that fill slots, with the same constants.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import orjson

from bench import bandit_log, bandit_players, bandit_shop, bandit_simulate, bandit_tests
from bench.errors import InputError
from bench.machine import machine
from models.bandit import click_counts, click_model, click_weights, thompson
from models.decisions import slots

SEED: Final = 1
CONSTANTS: Final = {
    "policy": slots.SLOT_POLICY,
    "uniform_share": thompson.UNIFORM_SHARE,
    "caution": thompson.CAUTION,
    "prior_click_rate": click_weights.PRIOR_CLICK_RATE,
    "bias_variance": click_weights.BIAS_VARIANCE,
    "prior_means": click_weights.PRIOR_MEANS,
    "shared_variance": click_weights.SHARED_VARIANCE,
    "creative_variance": click_weights.CREATIVE_VARIANCE,
    "own_variance": click_weights.OWN_VARIANCE,
    "half_life_s": click_counts.CLICK_HALF_LIFE_S,
    "visit_s": click_model.VISIT_S,
    "max_a_day": click_model.MAX_A_DAY,
}


def main(given: list[str] | None = None) -> int:
    """Answer one question; 2 for input that cannot be used."""
    arguments = _parser().parse_args(given)
    try:
        found = _MODES[arguments.mode](arguments)
    except (InputError, OSError, EOFError, UnicodeDecodeError) as error:
        print(f"bench.bandit: {error}", file=sys.stderr)
        return 2
    print(
        orjson.dumps(
            {"mode": arguments.mode, **found, "seed": arguments.seed, "constants": CONSTANTS, "machine": machine()}
        ).decode()
    )
    return 0


def _tests(arguments: argparse.Namespace) -> dict[str, Any]:
    tests, left_out = bandit_tests.read_tests(arguments.file)
    if not tests:
        raise InputError(f"{arguments.file.name} has no sound test of two or more arms")
    found = bandit_tests.measure(tests, arguments.seed)
    print(f"{arguments.file.name}: {len(tests)} sound tests, {left_out} left out; share of the gap recovered")
    print(_row("", [f"{budget:,}" for budget in bandit_tests.BUDGETS]))
    for name, shares in found["gap_recovered"].items():
        print(
            _row(name, [f"{share:.3f}±{found['standard_error'][name][budget]:.3f}" for budget, share in shares.items()])
        )
    return {
        "tests": len(tests),
        "left_out": left_out,
        **found,
        "baselines": {name: list(setting) for name, setting in bandit_tests.BASELINES.items()},
    }


def _log(arguments: argparse.Namespace) -> dict[str, Any]:
    contexts = [name for names in arguments.context for name in names]
    log = bandit_log.read_log(
        arguments.file, arguments.action, arguments.reward, arguments.propensity, contexts, arguments.position
    )
    policy = arguments.policy or ("policy" if "policy" in log.columns else None)
    if policy and len(set(log.column(policy))) < 2:
        policy = None
    found = bandit_log.measure(
        log,
        arguments.seed,
        where=arguments.where,
        target=[] if arguments.target == bandit_log.UNIFORM else arguments.target,
        target_column=arguments.target_column,
        policy=None if arguments.target == bandit_log.UNIFORM else policy,
        path=str(arguments.file),
    )
    for evaluation in found["evaluations"]:
        print(
            f"{evaluation['target']}, judged by {evaluation['log']}: {evaluation['rows']} rows, "
            f"{evaluation['clicks']} clicks, effective sample {evaluation['effective_sample']:.0f}: "
            f"{evaluation['verdict']}"
        )
        for name in ("ips", "snips", "dr"):
            print(
                _row(
                    name,
                    [
                        f"{evaluation[name]['value']:.5f}",
                        f"{evaluation[name]['low']:.5f}",
                        f"{evaluation[name]['high']:.5f}",
                    ],
                )
            )
        for reason in evaluation["reasons"]:
            print(f"    {reason}")
    for name, replayed in found["replay"].items():
        print(
            f"ours, replayed over {name}: {replayed['matched']} of {replayed['rows']} rows match, "
            f"{replayed['clicks']:g} clicks: {replayed['verdict']}"
        )
    return found


def _simulate(arguments: argparse.Namespace) -> dict[str, Any]:
    found = bandit_simulate.measure(arguments.seed, arguments.seeds, arguments.visits)
    print(f"{len(found['seeds'])} shops, {arguments.visits} visits each; share of the gap from random to oracle")
    for name, share in found["gap_recovered"].items():
        print(
            _row(
                name,
                [
                    f"{share:.3f}",
                    "" if found["standard_error"][name] is None else f"±{found['standard_error'][name]:.3f}",
                ],
            )
        )
    baselines = {
        "epsilon": bandit_players.EPSILON,
        "thompson": bandit_players.THOMPSON,
        "lin_ucb": bandit_players.LIN_UCB,
    }
    return {**found, "baselines": baselines}


_MODES: Final = {"tests": _tests, "log": _log, "simulate": _simulate}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench.bandit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    tests = modes.add_parser("tests", help="play A/B tests")
    tests.add_argument("file", type=Path)
    log = modes.add_parser("log", help="judge policies by a randomised log")
    log.add_argument("file", type=Path)
    log.add_argument("--action", required=True, metavar="COLUMN", help="what was chosen")
    log.add_argument("--reward", required=True, metavar="COLUMN", help="1 for a click, 0 for none")
    log.add_argument("--propensity", required=True, metavar="COLUMN", help="chance the choice had, above 0")
    log.add_argument("--context", nargs="+", action="append", default=[], metavar="COLUMN", help="what was known")
    log.add_argument("--position", metavar="COLUMN", help="where it was shown; chances are taken by position")
    log.add_argument(
        "--where", type=_equal, action="append", default=[], metavar="COLUMN=VALUE", help="judge by these rows"
    )
    log.add_argument(
        "--target",
        type=_target,
        default=[],
        metavar="COLUMN=VALUE|uniform",
        help="judge the policy that made these rows, by its shares of actions; or even rotation",
    )
    log.add_argument("--target-column", metavar="COLUMN", help="judge the policy whose chance of the choice is in here")
    log.add_argument(
        "--policy",
        metavar="COLUMN",
        help="names each row's policy: each is judged by the others' rows (default: policy, if there is one)",
    )
    simulate = modes.add_parser("simulate", help="play a shop made up from a seed")
    simulate.add_argument("--seeds", type=_above_0, default=bandit_simulate.SEEDS, help="shops, from the seed on")
    simulate.add_argument("--visits", type=_above_0, default=bandit_shop.VISITS)
    for mode in (tests, log, simulate):
        mode.add_argument("--seed", type=int, default=SEED)
    return parser


def _equal(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not (column and equals):
        raise argparse.ArgumentTypeError(f"give COLUMN=VALUE, got {text!r}")
    return column, value


def _target(text: str) -> str | list[tuple[str, str]]:
    return text if text == bandit_log.UNIFORM else [_equal(text)]


def _above_0(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number above 0, got {text!r}")
    return int(text)


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:22}" + "".join(f"{cell:>16}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
