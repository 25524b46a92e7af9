"""`fastact warmup`: compile ahead of time, in parallel processes."""

from __future__ import annotations

from concurrent.futures import as_completed
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

import fastact as fa
from fastact.catalogue import catalogue
from fastact.cli.report import CommandError, console, progress, unknown, write_json
from fastact.native import loop_registry, store, threads
from fastact.verification.processes import processes

if TYPE_CHECKING:
    from rich.console import Console

Loop = tuple[str, str]  # name and dtype


def warmup(
    functions: Annotated[
        list[str] | None, typer.Argument(help="What to compile; everything if none is named.")
    ] = None,
    dtype: Annotated[
        list[str] | None, typer.Option(help="Only these dtypes, with commas between.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes to compile in.", show_default="number of threads"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Compile functions ahead of time, in parallel processes: for images and CI.

    What is compiled already is only loaded. Fails (exit status 1) if a function does not compile or
    compiled code cannot be kept.
    """
    loops = _selected(functions, [one for each in dtype or () for one in each.split(",")])
    if problem := store.problem(store.configured()):
        raise CommandError(f"compiled code would not be kept: {problem}")
    start, before = perf_counter(), _files()
    for code in loop_registry.support():
        code.ensure()
    done = _compile(loops, jobs or threads.get_num_threads(), console(quiet=as_json))
    compiled = [loop for loop, outcome in done.items() if outcome is True]
    failed = {loop: str(outcome) for loop, outcome in done.items() if not isinstance(outcome, bool)}
    seconds = perf_counter() - start
    if as_json:
        write_json(
            {
                "directory": str(store.directory()),
                "loops": len(loops),
                "compiled": [{"name": name, "dtype": dtype} for name, dtype in compiled],
                "failed": [
                    {"name": name, "dtype": dtype, "error": error}
                    for (name, dtype), error in failed.items()
                ],
                "seconds": seconds,
            }
        )
    else:
        console().print(
            f"{len(loops)} loops in {store.directory()}: {len(compiled)} compiled, "
            f"{len(loops) - len(compiled) - len(failed)} there already, {seconds:.1f} s"
        )
    _check(compiled, failed, _files() - before)


def _selected(functions: list[str] | None, dtypes: list[str]) -> list[Loop]:
    """Return the loops of these functions, or varieties of one, and dtypes; none means all."""
    loops = loop_registry.loops()
    names = {loop.function for loop in loops} | {loop.name for loop in loops} | set(catalogue)
    known = {loop.dtype for loop in loops}
    # An alias is the same object as the function that it stands for.
    wanted = [getattr(getattr(fa, name, None), "name", name) for name in functions or names]
    for kind, given, choice in (("function", wanted, names), ("dtype", dtypes, known)):
        for name in given:
            if name not in choice:
                raise unknown(kind, name, sorted(choice))
    owners = {owner for name in wanted if name in catalogue for owner in catalogue[name].owners}
    return [
        (loop.name, loop.dtype)
        for loop in loops
        if {loop.function, loop.name} & {*wanted, *owners} and loop.dtype in (dtypes or known)
    ]


def _compile(loops: list[Loop], jobs: int, out: Console) -> dict[Loop, bool | BaseException]:
    """Return for each loop whether it had to be compiled, or the exception that this ended with."""
    columns = (
        TextColumn("Compiling"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", style="dim"),
    )
    done: dict[Loop, bool | BaseException] = {}
    with progress(out, *columns) as bars, processes(jobs) as submit:
        tasks = {submit(_ensure, *loop): loop for loop in loops}
        bar = bars.add_task("", total=len(loops))
        for task in as_completed(tasks):
            done[tasks[task]] = task.exception() or task.result()
            bars.update(bar, advance=1, description=" ".join(tasks[task]))
    return done


def _ensure(name: str, dtype: str) -> bool:
    return loop_registry.get(name, dtype).ensure()


def _files() -> set[tuple[str, str, int]]:
    return {(e.name, e.dtype, e.path.stat().st_mtime_ns) for e in store.entries()}


def _check(compiled: list[Loop], failed: dict[Loop, str], new: set[tuple[str, str, int]]) -> None:
    for (name, dtype), error in failed.items():
        raise CommandError(f"{len(failed)} not compiled, the first is {name} {dtype}: {error}")
    kept = {(name, dtype) for name, dtype, _ in new}
    if lost := [loop for loop in compiled if loop not in kept]:
        raise CommandError(f"{len(lost)} compiled but not kept in {store.directory()}")
