"""`fastact plot`: activations and their derivatives as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

import fastact as fa
from fastact.catalogue import catalogue
from fastact.cli.report import CommandError, console, unknown
from fastact.definition.declaration import ORDERS
from fastact.verification.peers import PLACES, theirs

FORMATS = (".png", ".svg")
FURTHEST = 1e300  # an end of the x axis: matplotlib computes with more than the distance of both


def plot(
    functions: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME…", help="What to draw; a sheet of all if none is named."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The picture: a name ending with .png or .svg.")
    ] = Path("fastact.png"),
    ends: Annotated[
        str | None,
        typer.Option(
            "--range",
            metavar="LOW:HIGH",
            help="The ends of the x axis.",
            show_default="-4:4, all kinks, the domain",
        ),
    ] = None,
    what: Annotated[
        str, typer.Option(help="Of forward, derivative and second_derivative, with commas between.")
    ] = ",".join(ORDERS),
    peers: Annotated[
        str, typer.Option(help="Draw these packages too: of torch, jax and scipy, with commas.")
    ] = "",
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter; may be given several times."),
    ] = None,
) -> None:
    """Draw activations and their derivatives into a PNG or SVG file.

    A dot marks a kink and the derivative that holds there, a circle what comes close to it from a
    side, a diamond a root. Where a required parameter is not given, a typical value is taken.
    """
    chosen = [activation(name) for name in functions or fa.activations]
    varieties = listed("derivative", what, ORDERS)
    packages = listed("package", peers, tuple(PLACES)) if peers else []
    given = parameters(param or [], chosen)
    if output.suffix.lower() not in FORMATS:
        raise CommandError(f"--output must end with .png or .svg, got {str(output)!r}", status=2)
    limits = interval(ends) if ends else None
    drawing = figures()
    curves = [(f, drawing.shown(f, given)) for f in chosen]
    others = {
        (f.name, variety): overlays(f, params, variety, packages)
        for f, params in curves
        for variety in varieties
    }
    try:
        if functions:
            limits = limits or drawing.window(curves)
            picture = drawing.figure(curves, varieties, limits, others)
        else:
            picture = drawing.sheet(curves, varieties, limits)
        drawing.save(picture, output)
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    missing = [p for p in packages if not any(p in found for found in others.values())]
    note = f"; {' and '.join(missing)} not drawn: not installed, or without them" if missing else ""
    console().print(f"{output}: {' '.join(f.name for f in chosen)}{note}")


def figures() -> ModuleType:
    """Return the module that draws, which needs matplotlib."""
    try:
        from fastact.cli import figure
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] != "matplotlib":
            raise
        raise CommandError("plot needs: pip install matplotlib", status=2) from error
    return figure


def activation(name: str, others: Iterable[str] = ()) -> fa.Activation:
    """Return the activation of this name or alias; `others` may have been meant too."""
    found = getattr(fa, name, None)
    if not isinstance(found, fa.Activation):
        if name in catalogue and name not in others:
            raise CommandError(f"{name} is no function of one number: see fa.activations", status=2)
        aliases = [n for f in fa.activations.values() for n in f.declaration.aliases]
        raise unknown("function", name, [*catalogue, *aliases, *others])
    return found


def listed(kind: str, text: str, known: Sequence[str]) -> list[str]:
    """Return the names in a list with commas, in the order in which they are known."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise unknown(kind, name, known)
    return [name for name in known if name in names]


def interval(text: str) -> tuple[float, float]:
    """Return the ends of the x axis."""
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        low = high = 0.0
    if not -FURTHEST <= low < high <= FURTHEST:
        raise CommandError(
            f"--range must be LOW:HIGH, such as -6:6, of numbers up to {FURTHEST:g}, got {text!r}",
            status=2,
        )
    return low, high


def parameters(texts: Sequence[str], functions: Sequence[fa.Activation]) -> dict[str, float]:
    """Return the values of ``name=value`` texts, for parameters that some function has."""
    known = [p.name for f in functions for p in f.params]
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in known:
            raise unknown("parameter", name, known)
        try:
            found[name] = float(value)
        except ValueError:
            raise CommandError(
                f"--param must be NAME=VALUE with a number, got {text!r}", status=2
            ) from None
    return found


def overlays(
    f: fa.Activation, params: Mapping[str, float], variety: str, packages: Sequence[str]
) -> dict[str, Callable[[Any], Any]]:
    """Return the same function of each package that is installed and has it."""
    found = {package: theirs(f, variety, package, "float64", params) for package in packages}
    return {package: call for package, call in found.items() if call is not None}
