"""`fastact demo`: the main job on real input, beside NumPy and SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from fastact.cli.report import CommandError, console, progress, table, write_json
from fastact.native import threads

if TYPE_CHECKING:
    from types import ModuleType

    from rich.console import Console

ACCURACY = 0.97  # at least, on the held-out images
TOLERANCE = 1e-6  # at most, between the two loss curves
DATA = "UCI Optical Recognition of Handwritten Digits (test part)"


def demo(
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split, weights, batches.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="How often each image is seen.")] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Train a classifier of handwritten digits with these kernels, then with NumPy and SciPy.

    The data are the 1797 images of 8 × 8 pixels that scikit-learn ships: the test part of the UCI
    data set "Optical Recognition of Handwritten Digits". Both trainings start from the same seed.

    Fails (exit status 1) unless at least 97 % of the held-out images are recognized and the two
    loss curves agree to 1e-6.
    """
    network, out = _network(), console(quiet=as_json)
    digits = network.load(seed)
    setup = {
        "data": DATA,
        "from": "scikit-learn",
        "images": {"training": len(digits.labels), "held_out": len(digits.held_out_labels)},
        "pixels": network.SIDE**2,
        "layers": network.LAYERS,
        "dtype": "float64",
        "threads": threads.get_num_threads(),
        "seed": seed,
        "epochs": epochs,
    }
    _introduce(setup, out)
    runs = _train(network, digits, seed, epochs, out)
    result = setup | _compare(runs, len(digits.held_out_labels))
    _show(result, out)
    if as_json:
        write_json(result)
    if result["problems"]:
        raise CommandError("; ".join(result["problems"]))


def _network() -> ModuleType:
    try:
        from fastact.cli import network
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in {"scipy", "sklearn", "threadpoolctl"}:
            raise
        raise CommandError(
            "the demo needs: pip install scikit-learn scipy threadpoolctl"
        ) from error
    return network


def _introduce(setup: dict[str, Any], out: Console) -> None:
    training, held_out = setup["images"].values()
    layers = " – ".join(f"{width} {name}" for name, width in setup["layers"].items())
    out.print(
        f"""\
Data      {setup["data"]}
Images    {training + held_out}, from {setup["from"]}: {training} to learn from, {held_out} held out
Network   {setup["pixels"]} – {layers}, {setup["dtype"]}
Training  {setup["epochs"]} epochs, seed {setup["seed"]}, {setup["threads"]} threads
"""
    )


def _train(network: Any, digits: Any, seed: int, epochs: int, out: Console) -> dict[str, Any]:
    columns = (
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[status]}"),
        TimeElapsedColumn(),
    )
    runs = {}
    with progress(out, *columns) as bars:
        for backend in (network.FASTACT, network.NUMPY):
            task = bars.add_task(backend.name, total=epochs, status="first calls …")

            def after_epoch(loss: float, task: Any = task) -> None:
                bars.update(task, advance=1, status=f"loss {loss:.4f}")

            runs[backend.name] = network.train(backend, digits, seed, epochs, after_epoch)
    if out.is_terminal:  # the bars stay, and the table comes after them
        out.print()
    return runs


def _compare(runs: dict[str, Any], held_out: int) -> dict[str, Any]:
    """Return what was measured of each run, and what is wrong with it."""
    ours, theirs = runs.values()
    accuracy = {name: run.correct / held_out for name, run in runs.items()}
    difference = max(abs(a - b) for a, b in zip(ours.losses, theirs.losses, strict=True))
    problems = [
        f"{name} recognizes {share:.1%} of the held-out images, not {ACCURACY:.0%}"
        for name, share in accuracy.items()
        if share < ACCURACY
    ]
    if not difference <= TOLERANCE:  # a NaN is a problem too
        problems.append(f"the loss curves differ by {difference:.1e}, more than {TOLERANCE:.0e}")
    return {
        "accuracy": accuracy,
        "losses": {name: run.losses for name, run in runs.items()},
        "loss_difference": difference,
        "activation_seconds": {name: run.activation_seconds for name, run in runs.items()},
        "first_calls_seconds": {name: run.first_calls_seconds for name, run in runs.items()},
        "training_seconds": {name: run.seconds for name, run in runs.items()},
        "problems": problems,
    }


def _show(result: dict[str, Any], out: Console) -> None:
    seconds = result["activation_seconds"]
    times = table("Milliseconds", *seconds, "ratio")
    for label in (f"{name} {way}" for name in result["layers"] for way in ("forward", "backward")):
        times.add_row(label, *_side_by_side([spent[label] for spent in seconds.values()]))
    times.add_section()
    totals = [sum(spent.values()) for spent in seconds.values()]
    times.add_row("all activations", *_side_by_side(totals), style="bold")
    times.add_row("whole training", *_side_by_side([*result["training_seconds"].values()]))
    out.print(times)

    accuracy, first_calls = result["accuracy"]["fastact"], result["first_calls_seconds"]["fastact"]
    held_out = result["images"]["held_out"]
    out.print(
        f"""
Accuracy     {accuracy:.1%} of {held_out} held-out images (at least {ACCURACY:.0%} wanted)
Loss curves  differ by {result["loss_difference"]:.1e} (at most {TOLERANCE:.0e} wanted)
First calls  {first_calls:.2f} s to compile or load the kernels, not in the table"""
    )


def _side_by_side(seconds: list[float]) -> list[str]:
    ours, theirs = seconds
    return [f"{ours * 1e3:.1f}", f"{theirs * 1e3:.1f}", f"{theirs / ours:.1f} ×"]
