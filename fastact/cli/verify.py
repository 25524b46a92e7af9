"""`fastact verify`: the errors of every function, measured on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.measure import Measurement
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

import fastact as fa
from fastact.cli.plot import activation, listed
from fastact.cli.report import CommandError, console, progress, table, write_json
from fastact.native import loop_registry, threads
from fastact.verification import record
from fastact.verification.peers import OURS, PLACES
from fastact.verification.reference import WIDER
from fastact.verification.rows import JUDGED, VARIETIES
from fastact.verification.run import Job, State, StateError, Task, run, varieties
from fastact.verification.sample import Plan, plan

if TYPE_CHECKING:
    from rich.console import Console

# Inputs of the stratified sample and, where not all can be tried, of the exhaustive one.
SAMPLES = {"float32": 2**20, "float64": 20_000}
MANY = {"float64": 10**8}
ELEMENTS, MANY_ELEMENTS = 2**23, 10**8  # of rows, for functions along an axis


def verify(
    functions: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME…", help="What to judge; everything if none is named."),
    ] = None,
    dtype: Annotated[
        str, typer.Option(help="Of float16, float32 and float64, with commas between.")
    ] = "float16,float32",
    variety: Annotated[
        str,
        typer.Option(
            help="Of forward, derivative, second_derivative and sum, with commas between: "
            "of each function those that it has.",
            show_default="all",
        ),
    ] = ",".join(VARIETIES),
    exhaustive: Annotated[
        bool,
        typer.Option(
            "--exhaustive", help="Every float32, 10^8 float64, rows of 10^8 elements in all."
        ),
    ] = False,
    samples: Annotated[
        int | None,
        typer.Option(
            min=100,
            help="How many inputs of a function.",
            show_default="float32 2^20, float64 2e4, in rows 2^23",
        ),
    ] = None,
    compare: Annotated[
        str, typer.Option(help="Judge these packages too: of torch, jax and scipy, with commas.")
    ] = "",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="number of threads")
    ] = None,
    parameters: Annotated[
        int,
        typer.Option(min=0, help="Draw so many sets of parameters; 0 takes the defaults."),
    ] = 0,
    resume: Annotated[
        Path | None,
        typer.Option(help="A file that keeps what is done: the same command then goes on from it."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Record the errors in ulps.json; none may rise.")
    ] = False,
    higher: Annotated[bool, typer.Option("--raise", help="With --write: they may.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Judge functions by their errors in ulp of the true value, at their default parameters.

    Every float16 is tried. Of float32 a sample is stratified over all exponents and both signs,
    with the neighbours of kinks, roots, powers of two and of the thresholds at which results
    saturate, overflow or vanish; --exhaustive tries all 2^32.

    True values come from formulas that are not those of the kernels: of float16 and float32 in
    float64 and, where that cannot tell or the error may be the largest, in longdouble; of float64
    in longdouble and mpmath, which is slow. A NaN must give NaN. Where the slope jumps the declared
    derivative counts, and the second derivative does not. With --parameters, functions that have
    any are judged over the ranges for which the bounds are declared, corners first.

    Functions along an axis that declare bounds, such as softmax, are judged on drawn rows of 1 to
    10^6 elements, along the last axis and along the first; sum is how far their sum is from 1.

    --write records what is measured as soon as a function is done, also from the file of --resume.

    Fails (exit status 1) if an error is above the bound that is declared.
    """
    plans = tuple(
        planned(name, samples, exhaustive) for name in listed("dtype", dtype, loop_registry.DTYPES)
    )
    job = asked(functions, variety, compare, plans, parameters, write=write)
    try:
        state = State(job, resume)
        before, start = state.inputs, perf_counter()
        keeper = Keeper(state, higher=higher) if write else None
        work(state, jobs or threads.get_num_threads(), console(quiet=as_json), keeper)
    except (StateError, OSError) as error:
        raise CommandError(str(error), status=2) from error
    seconds, judged = perf_counter() - start, state.inputs - before
    rows = found(state, state.rows)
    show(rows, seconds, judged, as_json=as_json)
    complain(rows)
    if keeper is not None:
        keeper.complain()


def asked(
    functions: Sequence[str] | None,
    variety: str,
    compare: str,
    plans: tuple[Plan, ...],
    parameters: int,
    *,
    write: bool,
) -> Job:
    """Return the job that the options describe, of the functions that have any of the varieties."""
    names = functions or [*fa.activations, *JUDGED]
    chosen = [name if name in JUDGED else activation(name, JUDGED).name for name in names]
    packages = available(listed("package", compare, tuple(PLACES)))
    if find_spec("mpmath") is None and (any(p.dtype == "float64" for p in plans) or not WIDER):
        raise CommandError("this needs: pip install gmpy2 mpmath", status=2)
    if parameters:
        chosen = [name for name in chosen if name not in JUDGED and fa.activations[name].params]
        if packages or write:
            raise CommandError("--parameters is for neither --compare nor --write", status=2)
    wanted = listed("variety", variety, VARIETIES)
    chosen = [name for name in chosen if not {*wanted}.isdisjoint(varieties(name))]
    job = Job(tuple(dict.fromkeys(chosen)), tuple(wanted), packages, plans, parameters)
    if not (job.functions and job.varieties and job.plans):
        raise CommandError("nothing to judge: no function, no --dtype or no --variety", status=2)
    return job


def available(packages: Sequence[str]) -> tuple[str, ...]:
    """Return the packages, all of which must be installed."""
    for package in packages:
        if find_spec(package) is None:
            raise CommandError(f"--compare: {package} is not installed", status=2)
    return tuple(packages)


def planned(dtype: str, samples: int | None, exhaustive: bool) -> Plan:
    """Return the inputs of a dtype: all of float16, and what is asked for of the others."""
    whole = dtype == "float16" or (exhaustive and dtype not in MANY)
    count = None if whole else samples or (MANY if exhaustive else SAMPLES)[dtype]
    elements = samples or (MANY_ELEMENTS if exhaustive else ELEMENTS)
    return replace(plan(dtype, count), elements=elements)


class Keeper:
    """Writes the errors into ulps.json, those of each function once all its tasks are done."""

    def __init__(self, state: State, *, higher: bool) -> None:
        self.state, self.higher = state, higher
        self.errors: list[str] = []
        for part in state.rows:
            self.keep(part)

    def keep(self, part: tuple[str, str]) -> None:
        """Write those of a function in a dtype, if it is done."""
        if not self.state.complete(part):
            return
        try:
            recorded = record.updated(record.read(), found(self.state, [part]), higher=self.higher)
            record.write_whole(record.PATH, recorded)
        except (record.HigherError, OSError) as error:
            self.errors.append(str(error))

    def complain(self) -> None:
        """Fail if something could not be written."""
        if self.errors:
            raise CommandError(f"ulps.json: {'; '.join(self.errors)}")


def work(state: State, jobs: int, out: Console, keeper: Keeper | None) -> None:
    """Do what is left, with a progress bar and the time that it will take."""
    columns = (
        TextColumn("Verifying"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.description}", style="dim"),
    )
    with progress(out, *columns) as bars:
        bar = bars.add_task("", total=state.job.inputs, completed=state.inputs)

        def report(task: Task) -> None:
            advance = 0 if task.span is None else task.span.count
            bars.update(bar, advance=advance, description=f"{task.function} {task.dtype}")
            if keeper is not None:
                keeper.keep((task.function, task.dtype))

        run(state, jobs, report)


def found(state: State, parts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return a row for each of these functions, dtypes, varieties and packages, in that order."""
    rows = []
    for name, dtype in parts:
        f: Any = JUDGED.get(name) or fa.activations[name]
        for (package, variety), tally in sorted(
            state.rows[name, dtype].items(), key=lambda item: VARIETIES.index(item[0][1])
        ):
            bound = f.max_ulp[dtype][variety] if package == OURS else None
            rows.append(
                {"function": name, "dtype": dtype, "variety": variety, "package": package}
                | tally.as_dict()
                | {"params": named(f, tally.params)}
                | {"share": tally.not_correctly_rounded / max(tally.inputs, 1)}
                | {"bound": bound, "ok": None if bound is None else tally.keeps(bound)}
            )
    return rows


def named(f: Any, params: Sequence[float]) -> dict[str, float]:
    """Return parameters by name; what is judged along an axis has none."""
    return dict(zip((p.name for p in f.params), params, strict=True)) if params else {}


def show(rows: list[dict[str, Any]], seconds: float, judged: int, *, as_json: bool) -> None:
    """Write the rows as a table, or as data."""
    if as_json:
        write_json(
            {"version": fa.__version__, "seconds": seconds, "judged": judged, "results": rows}
        )
        return
    compared = any(row["package"] != OURS for row in rows)
    head = ["function", "variety", "dtype", *["package"] * compared]
    shown = table(
        *head, "ulp", "at", "misrounded", "share", "NaN", "inputs", "bound", "", left=len(head)
    )
    for row in rows:
        shown.add_row(
            *(row[key] for key in head),
            f"{row['max_ulp']:.4g}",
            placed(row),
            f"{row['not_correctly_rounded']:,}",
            f"{row['share']:.2%}",
            f"{row['wrong_nan']:,}" if row["wrong_nan"] else "",
            f"{row['inputs']:,}",
            "" if row["bound"] is None else f"{row['bound']:g}",
            {True: "ok", False: "BROKEN", None: ""}[row["ok"]],
        )
    out = console()
    natural = Measurement.get(out, out.options.update(max_width=1000), shown).maximum
    if natural <= out.width:
        out.print(shown)
    else:
        out.print("\n".join(line for row in rows for line in narrow(row, head)))
    out.print(f"{judged:,} inputs in {seconds:.1f} s, with what had to be compiled")


def narrow(row: dict[str, Any], head: list[str]) -> Iterator[str]:
    """What the table says of a row, in lines of 80 columns where its place is no longer."""
    widths = {"function": 17, "variety": 18, "dtype": 8, "package": 8}
    verdict = {True: "ok", False: "BROKEN", None: ""}[row["ok"]]
    names = "".join(f"{row[key]:{widths[key]}}" for key in head)
    yield f"{names}{row['max_ulp']:>9.4g} ulp  {verdict}".rstrip()
    yield f"    at {placed(row)}"
    bound = "" if row["bound"] is None else f"bound {row['bound']:g}; "
    lost = f", {row['wrong_nan']:,} wrong NaN" if row["wrong_nan"] else ""
    share = f"{row['not_correctly_rounded']:,} of {row['inputs']:,} ({row['share']:.2%})"
    yield f"    {bound}{share} misrounded{lost}"


def placed(row: dict[str, Any]) -> str:
    """Return where an error is the largest, with the parameters."""
    at = [short(row["worst"]), *(f"{name}={value:g}" for name, value in row["params"].items())]
    return " ".join(at)


def short(worst: str) -> str:
    """Return a hexadecimal float without the zeros that say nothing; other names as they are."""
    digits, _, exponent = worst.partition("p")
    return f"{digits.rstrip('0').rstrip('.')}p{exponent}" if "0x" in digits else worst


def complain(rows: list[dict[str, Any]]) -> None:
    """Fail if a bound is broken."""
    broken = [row for row in rows if row["ok"] is False]
    for row in broken:
        what = f"{row['max_ulp']:.6g} ulp at {placed(row)}, declared {row['bound']:g}"
        if row["wrong_nan"]:
            what = f"{row['wrong_nan']} NaN wrong, the first at {row['wrong_nan_at']}"
        raise CommandError(
            f"{len(broken)} bounds are broken, the first is that of {row['function']} "
            f"{row['variety']} {row['dtype']}: {what}"
        )
