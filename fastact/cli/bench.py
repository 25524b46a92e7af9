"""`fastact bench`: measure every function beside other packages."""

from __future__ import annotations

import json
import os
import re
import statistics
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from typer.core import TyperCommand, TyperGroup

from fastact.benchmarks import compare as comparison
from fastact.benchmarks import measure, peers, summary
from fastact.benchmarks.cases import QUICK, WHOLE, Selection, Shape, cases, selected
from fastact.benchmarks.html import page
from fastact.benchmarks.peers.peer import FLOATS
from fastact.cli.plot import listed
from fastact.cli.report import CommandError, console, flowing, progress, table, unknown
from fastact.verification import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Seconds at most: under the half hour and the three minutes that are promised, with what the last
# case takes beyond its time.
LIMIT, QUICK_LIMIT = 1560.0, 150.0
EACH, QUICK_EACH = 1.0, 0.4
PASSES, QUICK_PASSES = 3, 3
PROCESSES, QUICK_PROCESSES = 8, 10
STARTS, QUICK_STARTS = 5, 2
SIZE = re.compile(r"[1-9][0-9]{0,17}(x[1-9][0-9]{0,17})?")
MOST = 100.0  # times as long: no change of a commit
ARRAYS = 8  # of float64 that a cell takes at least, with those of peers


class Bench(TyperGroup):
    """Measures, unless another command is named, as in `fastact bench compare`."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Put in the command that may be left out."""
        if not args or args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


class Run(TyperCommand):
    """The command that may be left out, and is in its usage."""

    def get_usage(self, ctx: Any) -> str:
        """Return the usage line without its name."""
        return super().get_usage(ctx).replace(" run ", " ", 1)


def bench(
    functions: Annotated[
        list[str] | None, typer.Argument(help="What to measure; everything if none is named.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer sizes, float32, less than three minutes.")
    ] = False,
    keyword: Annotated[
        str | None,
        typer.Option("-k", help='Only cells whose name has it: "gelu and not backward".'),
    ] = None,
    dtypes: Annotated[
        str | None, typer.Option(help="Of float16, float32 and float64, with commas between.")
    ] = None,
    sizes: Annotated[
        str | None, typer.Option(help="Elements, and rows as 1000x10, with commas between.")
    ] = None,
    peer_names: Annotated[
        str | None,
        typer.Option(
            "--peers",
            help=f"Of {', '.join(peers.PEERS)}, with commas, or none.",
            show_default="all; with --quick those that do not compile for seconds",
        ),
    ] = None,
    as_json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all that was found.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with tables and charts.")
    ] = None,
) -> None:
    """Measure functions beside other packages, by turns, and say where they are behind.

    A cell is a function, a variety (forward, backward, value_and_derivative, into an array that is
    there, in place), a dtype and a size. A ratio is the time of the best peer over that of fastact,
    with quartiles over rounds in which all take turns; a cell is behind if the upper quartile is
    below 1. Peers are compared with fastact before they are timed: what differs is left out, and so
    is, with a line that says so, what is not installed. `fastact bench compare` compares two runs,
    and `fastact bench report` makes a page of several.
    """
    selection = selection_of(functions or [], quick, keyword, dtypes, sizes)
    count = sum(1 for _ in cases(selection))
    if not count:
        raise CommandError("nothing to measure: no cell is of these names and sizes", status=2)
    check_writable(as_json, html)
    check_apart(as_json, html)
    plan = plan_of(selection, quick)
    found, missing = peers.load(peers_of(peer_names, quick))
    with shown(min(plan.limit, plan.each * (plan.passes + 1) * count + 20.0)) as bar:
        data = measure.run(plan, found, missing, bar)
    if as_json is not None:
        write(as_json, json.dumps(data, indent=1, allow_nan=False) + "\n")
    if html is not None:
        write(html, page([data]))
    show(data)


def selection_of(
    names: list[str], quick: bool, keyword: str | None, dtypes: str | None, sizes: str | None
) -> Selection:
    """Return what is asked for."""
    known = measure.known()
    for name in names:
        if name not in known:
            raise unknown("function", name, known)
    if keyword is not None and not keyword.strip():
        raise CommandError("-k is empty: leave it out for all cells", status=2)
    keyword = keyword or ""
    try:
        selected(keyword)
    except ValueError as error:
        raise CommandError(str(error), status=2) from error
    start = QUICK if quick else WHOLE
    chosen = start._replace(functions=tuple(names), keyword=keyword)
    if dtypes is not None:
        chosen = chosen._replace(dtypes=tuple(named("dtype", dtypes, FLOATS)))
    if sizes is not None:
        shapes = tuple(map(shape, sizes.split(",")))
        chosen = chosen._replace(shapes=shapes, forward=(), into=shapes, alone=())
    return chosen


def named(kind: str, text: str, known: Sequence[str]) -> list[str]:
    """Return the names in a list with commas, of which none is empty."""
    if not all(name.strip() for name in text.split(",")):
        raise CommandError(f"--{kind}s takes names with commas between, got {text!r}", status=2)
    return listed(kind, text, known)


def shape(text: str) -> Shape:
    """Return the shape that 4096 or 1000x10 stands for."""
    if not SIZE.fullmatch(text.strip()):
        raise CommandError(f"--sizes takes 4096 or 1000x10, got {text.strip()!r}", status=2)
    found = tuple(map(int, text.split("x")))
    try:
        np.empty((ARRAYS, *found))  # of which no page is touched
    except (MemoryError, ValueError) as error:
        raise CommandError(f"--sizes: {text.strip()} fits in no memory", status=2) from error
    return found


def peers_of(names: str | None, quick: bool) -> list[str]:
    """Return the peers that are asked for."""
    if names == "none":
        return []
    if names is not None:
        return named("peer", names, tuple(peers.PEERS))
    return list(peers.QUICK if quick else peers.PEERS)


def plan_of(selection: Selection, quick: bool) -> measure.Plan:
    """Return how long everything may take at most; few cells take less."""
    everything = not (selection.functions or selection.keyword)
    limit, each = (QUICK_LIMIT, QUICK_EACH) if quick else (LIMIT, EACH)
    passes = QUICK_PASSES if quick else PASSES
    return measure.Plan(
        selection,
        limit,
        each,
        passes,
        QUICK_PROCESSES if quick else PROCESSES,
        (QUICK_STARTS if quick else STARTS) if everything else 0,
        tuple(measure.known()) if everything and not quick else (),
    )


def check_writable(*paths: Path | None) -> None:
    """Fail before anything is measured if the result could not be written."""
    for path in paths:
        if path is None:
            continue
        into = path.exists() and record.is_special(path)
        place = path if into else path.resolve().parent
        if path.is_dir() or not os.access(place, os.W_OK):
            raise CommandError(f"cannot write {path}", status=2)


def check_apart(one: Path | None, other: Path | None) -> None:
    """Fail if one file would come in place of the other; a device takes both."""
    if one is None or other is None or one.resolve() != other.resolve():
        return
    if one.is_file() or not one.exists():
        raise CommandError(f"--json and --html are the same file, {one}", status=2)


@contextmanager
def shown(limit: float) -> Iterator[measure.Bar]:
    """Show a bar with the time that is left."""
    columns = (
        TextColumn("Measuring"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("at most"),
        TimeRemainingColumn(),
        TextColumn("left"),
        TextColumn("{task.description}", style="dim"),
    )
    with progress(console(), *columns) as bars:
        bar = bars.add_task("", total=limit)
        yield lambda elapsed, what: bars.update(bar, completed=elapsed, description=what)


def write(path: Path, text: str) -> None:
    """Write a file of results, whole or not at all, or into what is no file, as /dev/stdout."""
    try:
        record.write_text(path, text)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from error


def show(data: dict[str, Any]) -> None:
    """Write the table and the notes."""
    out = console()
    if found := summary.groups(data):
        show_groups(found)
    else:
        show_times(data["cells"])
    out.print()
    for line in summary.notes(data):
        out.print(line)


def show_times(cells: list[dict[str, Any]]) -> None:
    """Write how long fastact takes, where there is no peer."""
    out = console()
    shown = table("cell", "median", "quartiles")
    shown.columns[0].no_wrap = False  # a narrow terminal folds it
    for cell in cells:
        times = cell["runners"][measure.OURS]
        low, median, high = (summary.seconds(times[name]) for name in ("low", "median", "high"))
        shown.add_row(summary.name_of(cell), median, f"{low} to {high}")
    out.print("Time of a call of fastact; nothing else was measured\n")
    out.print(shown)


def show_groups(found: list[summary.Group]) -> None:
    """Write how many times as long the best peers take."""
    out = console()
    shown = table("group", "cells", "geometric mean", "behind")
    lines = ["", "The cells that are most behind, or nearest to it, with the best peer:"]
    for group in found:
        behind, mean = str(len(group.behind)), f"{group.mean:.2f}"
        shown.add_row(group.name, str(len(group.cells)), mean, behind)
        for cell in summary.worst(group):
            name, ratio = summary.name_of(cell), summary.quartiles(cell["ratio"])
            lines.append(f"{ratio}  {name}, {cell['best']}")
    out.print("Time of the best peer / fastact: median (quartiles)\n")
    out.print(shown)
    for line in lines:
        out.print(line)


def compare(
    before: Annotated[Path, typer.Argument(help="A file of `fastact bench --json`.")],
    after: Annotated[Path, typer.Argument(help="A later one.")],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the later one as a page, with both.")
    ] = None,
) -> None:
    """Say which cells got slower or faster by more than their noise.

    Fails (exit status 1) if any got slower. Of a hundred comparisons of a commit with itself one
    finds a change. The speed of NumPy alone, measured in both runs, is taken out, so that another
    clock rate of the processor is no change of fastact's.
    """
    check_writable(html)
    runs = [run_of(before), run_of(after)]
    try:
        found = comparison.changes(*runs)
    except ImportError as error:
        raise CommandError("compare needs: pip install scipy", status=2) from error
    if not found:
        raise CommandError("nothing to compare: the runs have no cell in common", status=2)
    if html is not None:
        write(html, page(runs))
    slower = tell_changes(found, runs)
    if slower:
        raise CommandError(f"{slower} cells got slower")


def tell_changes(found: list[comparison.Change], runs: list[dict[str, Any]]) -> int:
    """Write what changed, and return how many cells got slower."""
    out = console()
    shown = table("cell", "", "after / before", "noise", left=2)
    shown.columns[0].no_wrap = False  # a narrow terminal folds it
    changed = [change for change in found if change.verdict != "same"]
    for change in changed:
        name, ratio, noise = change
        shown.add_row(name, change.verdict, f"{ratio:.3f}", f"± {noise:.1%}")
    if changed:
        out.print(shown)
    verdicts = Counter(change.verdict for change in found)
    mean = statistics.geometric_mean(change.ratio for change in found)
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("slower", "faster", "same"))
    out.print(f"{len(found)} cells: {counts}; time after / before, geometric mean: {mean:.3f}")
    noises = " and ".join(f"{summary.noise(run)}, {summary.others(run)}" for run in runs)
    factor = comparison.machine(*map(comparison.times, runs))
    out.print(f"noise: {noises}; NumPy alone, after / before: {factor:.3f}")
    power = comparison.power(found, *runs)
    out.print(f"what half of the cells could show: {least(power.least)}")
    if power.few:
        few = f"{power.few} of {power.cells} cells, of fewer than {comparison.FEW} processes"
        out.print(f"too few samples to tell: {few}; a longer run has more")
    for name, (old, new) in comparison.differences(*runs).items():
        out.print(f"{name}: {old} before, {new} after")
    return verdicts["slower"]


def least(ratio: float) -> str:
    """Say from which time after over before on a cell is slower."""
    if ratio > MOST:
        return "no change of a size that occurs"
    return f"a change to {ratio:.2f} times as long, or more"


def report(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Of `fastact bench --json`, oldest first.")
    ],
    html: Annotated[Path, typer.Option(metavar="FILE", help="The page.")],
) -> None:
    """Write a page of runs that were measured before: the last, and the trend of all."""
    check_writable(html)
    write(html, page([run_of(file) for file in files]))


def run_of(path: Path) -> dict[str, Any]:
    """Return the run in a file."""
    try:
        return comparison.read(path)
    except ValueError as error:
        raise CommandError(str(error), status=2) from error


group = typer.Typer(
    cls=Bench,
    help="Measure functions beside other packages, or compare two runs.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
group.command("run", cls=Run, help=flowing(bench))(bench)
group.command(help=flowing(compare))(compare)
group.command(help=flowing(report))(report)
