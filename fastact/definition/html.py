"""What a notebook shows of a function: its formula, its shape, and the errors that were found.

IPython calls `_repr_html_` and `_repr_latex_`; nothing of it is imported here. Formulas stand
between dollar signs, which notebooks typeset. The shape is what the compiled function gives, so the
first look may compile it, as a call would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from inspect import cleandoc
from typing import Any

import numpy as np

from fastact.definition import recorded
from fastact.definition.curves import Curve, Floats, height, limits, shown, window
from fastact.definition.declaration import ORDERS

WIDTH, HEIGHT, MARGIN = 340, 200, 14  # of the picture, in pixels; the margin has the numbers
LEGEND = 20  # of the line below it
POINTS = 121  # of a curve
# Blue and vermilion of Okabe and Ito, which can be told apart on white and on black.
STYLES = {
    "forward": 'stroke="#0072B2"',
    "derivative": 'stroke="#D55E00" stroke-dasharray="6 3"',
}
NAMES = {"forward": "value", "sum": "sum of the results"}
LABELS = {"forward": "f(x)", "derivative": "f′(x)"}
MATH = re.compile(r"^\.\. math::(.*(?:\n+(?: +.*)?)*)", re.MULTILINE)
CODE = re.compile(r"``?([^`]+)``?")
UNMEASURED = "The error is not bounded: nobody has measured it."
Ends = tuple[float, float]


def latex(formula: str) -> str | None:
    """A formula as notebooks typeset it, or None if there is none."""
    return f"$\\displaystyle {formula}$" if formula else None


def formula_of(f: Any) -> str:
    """The formula that a function declares, or the first one of its docstring, in one line."""
    if told := getattr(f, "_formulas", {}).get("value"):
        return str(told)
    found = MATH.search(cleandoc(f.__doc__ or ""))
    return " ".join(found[1].split()) if found else ""


# ---------------------------------------------------------------- what is shown
def activation(f: Any) -> str:
    """An activation: formula, shape and errors."""
    call = ", ".join(["x", *(p.name for p in f.params)])
    errors = table(f.name) if f._origin.listed else f"<p>{UNMEASURED}</p>"
    return whole(f"{f.name}({call})", "", f"f(x) = {f.formula}", picture(f), errors)


def documented(f: Any) -> str:
    """A function of which the docstring tells the formula: along an axis, a loss, a gated pair."""
    first = " ".join(cleandoc(f.__doc__ or "").partition("\n\n")[0].split())
    return whole(f"{f.name}{f._signature()}", first, formula_of(f), table(f.name))


def whole(call: str, text: str, formula: str, *parts: str) -> str:
    """The parts under each other; what is not there takes no place."""
    marked = CODE.sub(r"<code>\1</code>", escape(text))
    told = [
        f"<code>{escape(call)}</code>",
        f"<p>{marked}</p>" if text else "",
        f"<p>{escape(latex(formula) or '', quote=False)}</p>" if formula else "",
        *parts,
    ]
    return "<div>" + "\n".join(filter(None, told)) + "</div>"


def table(name: str) -> str:
    """The errors that are recorded of a function, if there are any, beside their bounds."""
    found = {
        dtype: functions[name] for dtype, functions in recorded.read().items() if name in functions
    }
    varieties = dict.fromkeys(variety for each in found.values() for variety in each)
    if not varieties:
        return ""
    rows = [["largest error found, in ulp (bound)", *found]]
    for variety in varieties:
        cells = (each.get(variety) for each in found.values())
        rows.append(
            [
                NAMES.get(variety, variety.replace("_", " ")),
                *("" if c is None else error(c) for c in cells),
            ]
        )
    head, *body = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    lines = [f"<tr>{row}</tr>" for row in body]
    head = head.replace("td>", "th>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def error(found: Mapping[str, Any]) -> str:
    """A recorded error and its bound."""
    return f"{recorded.shown(found['max_ulp'])} ({found['bound']:g})"


# ---------------------------------------------------------------- the picture
def picture(f: Any) -> str:
    """A function and its derivative as SVG, or what keeps them from being drawn."""
    params = shown(f, {})
    ends = window([(f, params)])
    known = [v for v in ORDERS[:2] if v in f.declaration.kernels]
    curves = {variety: Curve(f, variety, params, POINTS) for variety in known}
    try:
        with np.errstate(all="ignore"):
            drawn = {variety: list(curve.pieces(ends)) for variety, curve in curves.items()}
            frame = ends, vertical(curves["forward"], drawn, ends)
    except TypeError as error:  # Numba cannot compile what a user wrote
        return f"<p>Not drawn: {escape(str(error))}</p>"
    lines = [line(STYLES[v], drawn[v], frame) for v in known]
    given = ", ".join(f"{name} = {value:g}" for name, value in params.items())
    what = f"{f.name}{' and its derivative' if len(known) > 1 else ''}"
    label = f"{what}, x from {ends[0]:.3g} to {ends[1]:.3g}{', ' * bool(given)}{given}"
    return (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {HEIGHT + LEGEND}" '
        f'width="{WIDTH}" height="{HEIGHT + LEGEND}" fill="none" stroke-width="2" '
        'font-family="sans-serif" font-size="11">'
        f"{axes(frame)}{''.join(lines)}{''.join(legend(known, given))}</svg>"
    )


def vertical(value: Curve, drawn: Mapping[str, Any], ends: Ends) -> Ends:
    """The ends of the vertical axis."""
    found = {variety: [y for _, y in pieces] for variety, pieces in drawn.items()}
    most = height(value, np.concatenate(found.get("derivative", [np.ones(1)])), ends)
    return limits([np.clip(y, -most, most) for pieces in found.values() for y in pieces])


def places(x: Floats, y: Floats, frame: tuple[Ends, Ends]) -> tuple[Floats, Floats]:
    """Where points stand in the picture."""
    (left, right), (low, high) = frame
    across = MARGIN + (x - left) / (right - left) * (WIDTH - 2 * MARGIN)
    down = HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - 2 * MARGIN)
    return across, down


def line(style: str, pieces: Any, frame: tuple[Ends, Ends]) -> str:
    """The path of a curve, cut off where it leaves the picture."""
    path = []
    for x, y in pieces:
        inside = (frame[1][0] <= y) & (y <= frame[1][1])
        for run in np.split(np.arange(x.size), np.flatnonzero(np.diff(inside)) + 1):
            if run.size and inside[run[0]]:
                points = zip(*places(x[run], y[run], frame), strict=True)
                path.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points))
    return f'<path {style} d="{"".join(path)}"/>'


def axes(frame: tuple[Ends, Ends]) -> str:
    """The axes through zero, and numbers at their ends."""
    (left, right), (low, high) = frame
    zero = np.zeros(1)
    (a,), (b,) = places(zero, zero, frame)
    a = min(max(a, MARGIN), WIDTH - MARGIN)  # a function may be defined on one side alone
    text = (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{value:.2g}</text>'
        for x, y, anchor, value in (
            (MARGIN, b - 4, "start", left),
            (WIDTH - MARGIN, b - 4, "end", right),
            (a + 4, HEIGHT - 3, "start", low),
            (a + 4, MARGIN - 3, "start", high),
        )
    )
    lines = f"M{MARGIN} {b:.1f}H{WIDTH - MARGIN}M{a:.1f} {MARGIN}V{HEIGHT - MARGIN}"
    return (
        f'<path stroke="currentColor" stroke-width="1" opacity="0.5" d="{lines}"/>'
        f'<g fill="currentColor">{"".join(text)}</g>'
    )


def legend(known: list[str], given: str) -> Iterator[str]:
    """What the lines are, and the parameters that they are drawn for, below the picture."""
    for k, variety in enumerate(known):
        x = MARGIN + 70 * k
        yield f'<path {STYLES[variety]} d="M{x} {HEIGHT + 10}h24"/>'
        yield f'<text fill="currentColor" x="{x + 30}" y="{HEIGHT + 14}">{LABELS[variety]}</text>'
    x = MARGIN + 70 * len(known)
    yield f'<text fill="currentColor" x="{x}" y="{HEIGHT + 14}">{escape(given)}</text>'
