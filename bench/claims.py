"""The speeds that are promised, each measured against its yardstick in one run and by turns.

`python -m bench.claims` prints the table, `--json FILE` writes it too, and the exit status is 1 if
a claim that could be measured does not hold.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import fastact as fa
from fastact.benchmarks.cases import Case, call_of, operands
from fastact.benchmarks.measure import calls_of
from fastact.benchmarks.peers import load
from fastact.benchmarks.processes import PROCESSES
from fastact.benchmarks.turns import QUICK, by_turns, ratio

WIDTH = 120  # of the table in a file or a pipe
SENSES: dict[str, Callable[[float, float], bool]] = {"≤": operator.le, "≥": operator.ge}
Calls = dict[str, Callable[[], Any]]
PEERS, _ = load()


class Claim(NamedTuple):
    """The time of one call over the time of another, and its bound."""

    numerator: str
    denominator: str
    sense: str
    bound: float


class Trial(NamedTuple):
    """Calls that are measured together, and what is claimed of them."""

    name: str
    calls: Callable[[], Calls]
    claims: tuple[Claim, ...]


def beside_peers(case: Case) -> Calls:
    """Return the call of fastact and those of the peers that have one, results allocated."""
    return calls_of(case, PEERS)[0]


def with_expit(case: Case) -> Calls:
    """Return `beside_peers`, and SciPy's expit whatever the function."""
    (x,) = operands(case)
    expit = PEERS["scipy"].calls["sigmoid", "forward"]
    return {**beside_peers(case), "expit": lambda: expit(x)}


def one_element() -> Calls:
    """Return calls that are all overhead."""
    x = np.ones(1, np.float32)
    ufunc = fa.sigmoid.ufunc
    return {
        "np.tanh": lambda: np.tanh(x),
        "fa.sigmoid.ufunc": lambda: ufunc(x),
        "fa.sigmoid": lambda: fa.sigmoid(x),
    }


def one_element_after_a_limit() -> Calls:
    """Return the same calls in a process that has once limited its threads."""
    with fa.num_threads(2):
        return one_element()


def threads(case: Case) -> Calls:
    """Return one call on one thread and on two, into an array that is there."""
    (x,) = operands(case)
    f, out = call_of(case), np.empty_like(x)

    def on(n: int) -> Callable[[], Any]:
        def call() -> None:
            with fa.num_threads(n):
                f(x, out=out)

        return call

    return {"1 thread": on(1), "2 threads": on(2)}


def made_of_others() -> Calls:
    """Return silu, and the same by the algebra of activations, into an array that is there."""
    (x,) = operands(Case("silu", "forward", "float32", (2**20,)))
    swish, out = fa.identity * fa.sigmoid, np.empty_like(x)
    return {"silu": lambda: fa.silu(x, out=out), "identity * sigmoid": lambda: swish(x, out=out)}


def masked() -> Calls:
    """Return backward of relu, from the input and from a mask, into an array that is there."""
    dy, x = operands(Case("relu", "backward", "float32", (2**20,)))
    (_, mask), out = fa.relu.forward_with_mask(x), np.empty_like(x)
    return {
        "backward(x=)": lambda: fa.relu.backward(dy, x=x, out=out),
        "backward(mask=)": lambda: fa.relu.backward(dy, mask=mask, out=out),
    }


def trials() -> Iterator[Trial]:
    """Yield what is promised."""
    yield Trial(
        "whole process",
        lambda: {name: PROCESSES[name] for name in ("import numpy", "first call, warm store")},
        (Claim("first call, warm store", "import numpy", "≤", 2.5),),
    )
    yield Trial(
        "one float32 element",
        one_element,
        (
            Claim("fa.sigmoid.ufunc", "np.tanh", "≤", 1.3),
            Claim("fa.sigmoid", "np.tanh", "≤", 1.7),
        ),
    )
    yield Trial(
        "the same after num_threads",
        one_element_after_a_limit,
        (Claim("fa.sigmoid", "np.tanh", "≤", 1.8),),
    )
    for function in ("sigmoid", "tanh"):
        case = Case(function, "forward", "float32", (2**20,))
        yield Trial(
            str(case),
            lambda case=case: with_expit(case),  # type: ignore[misc]
            (
                Claim("expit", "fastact", "≥", 10),
                Claim("torch", "fastact", "≥", 1),
                Claim("jax", "fastact", "≥", 1),
            ),
        )
    table = Case("softmax", "forward", "float32", (100_000, 10))
    yield Trial(str(table), lambda: beside_peers(table), (Claim("torch", "fastact", "≥", 5),))
    yield Trial(
        "algebra, float32, 2**20",
        made_of_others,
        (Claim("identity * sigmoid", "silu", "≤", 1.3),),
    )
    yield Trial(
        "relu from a mask, float32, 2**20",
        masked,
        (Claim("backward(mask=)", "backward(x=)", "≤", 1.0),),
    )
    large = Case("softplus", "forward", "float32", (2**22,))
    yield Trial(str(large), lambda: threads(large), (Claim("1 thread", "2 threads", "≥", 1.8),))


def measure(trial: Trial, *, quick: bool = False) -> Iterator[dict[str, Any]]:
    """Measure a trial and yield a row for each of its claims."""
    wanted = {name for claim in trial.claims for name in (claim.numerator, claim.denominator)}
    calls = {name: call for name, call in trial.calls().items() if name in wanted}
    times = by_turns(calls, **(QUICK if quick else {}))
    for claim in trial.claims:
        row = {"trial": trial.name, **claim._asdict(), "ratio": None, "holds": None}
        if {claim.numerator, claim.denominator} <= set(times):
            found = ratio(times, claim.numerator, claim.denominator)
            row["ratio"] = found._asdict()
            row["holds"] = SENSES[claim.sense](found.median, claim.bound)
            row["seconds"] = {
                name: statistics.median(times[name])
                for name in (claim.numerator, claim.denominator)
            }
        yield row


def measure_all(*, quick: bool = False) -> list[dict[str, Any]]:
    """Measure every claim."""
    progress = track(list(trials()), "measuring by turns", console=Console(stderr=True))
    return [row for trial in progress for row in measure(trial, quick=quick)]


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print the rows for people."""
    shown = Table(
        title="Times as quotients: median (quartiles) of rounds measured by turns",
        caption=f"{os.cpu_count()} CPUs, {os.getloadavg()[0]:.1f} processes running on average",
    )
    for heading in ("trial", "time of", "over time of", "claimed", "measured", "holds"):
        shown.add_column(heading, justify="left")
    for row in rows:
        found = row["ratio"]
        shown.add_row(
            row["trial"],
            row["numerator"],
            row["denominator"],
            f"{row['sense']} {row['bound']:g}",
            "not installed"
            if found is None
            else f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})",
            {None: "", True: "yes", False: "NO"}[row["holds"]],
        )
    Console(width=None if sys.stdout.isatty() else WIDTH).print(shown)


def main() -> None:
    """Measure, print, and tell by the exit status whether every claim holds."""
    parser = argparse.ArgumentParser(description="measure the speeds that are promised")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON too")
    parser.add_argument("--quick", action="store_true", help="each once: to see it run")
    options = parser.parse_args()
    rows = measure_all(quick=options.quick)
    print_table(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    sys.exit(any(row["holds"] is False for row in rows))


if __name__ == "__main__":
    main()
