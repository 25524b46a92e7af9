"""Every argument of every public function: inside compiled code as outside.

Functions come from the catalogue, their members from `dir`, and arguments from signatures: what is
new there needs a line in `VALUES`.
"""

from __future__ import annotations

import inspect
import operator

import numpy as np
import pytest

import fastact as fa
from tests.in_njit.support import COMPILED, assert_same, members, python_calls

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

RNG = np.random.default_rng(18)
N = 6  # arrays are square, so that each axis will do
SPACE = {
    "x": RNG.normal(size=(N, N)), "dy": RNG.normal(size=(N, N)), "row": RNG.normal(size=N),
    "half": RNG.normal(size=(N, N // 2)), "shares": RNG.random((N, N)),
    "mask": RNG.random((N, N)) > 0.4,
    "lengths": np.array([0, 1, 6, 5, 3, 2]), "degrees": RNG.random(N) + 0.5,
    "labels": RNG.integers(0, N, N), "offsets": np.array([0, 2, 2, N]),
}  # fmt: skip
# What arguments are given in turn; the first of those that must be given is always there.
VALUES = {
    "x": ["x"], "dy": ["dy"], "dx": ["dy"], "ds": ["row"], "logits": ["x"], "z": ["x"],
    "log_probabilities": ["x"], "gate": ["x"], "value": ["dy"], "offsets": ["offsets"],
    "labels": ["labels"], "targets": ["shares", "shares[0]", "0.5"], "t": ["shares"],
    "axis": ["0", "None", "(0, 1)", "7"], "where": ["mask", "mask[0]"],
    "temperature": ["0.5", "degrees", "-1.0", "1e-200"], "lengths": ["lengths", "2", "7"],
    "causal": ["True"], "softcap": ["2.0"], "empty": ["'uniform'", "'never'"], "inf": ["'nan'"],
    "keepdims": ["True"], "b": ["shares"], "return_sign": ["True"], "gate_first": ["True"],
    "bias": ["row"], "gate_bias": ["row"], "value_bias": ["row", "0.5"],
    "weight": ["degrees", "-degrees / 0.0"], "pos_weight": ["2.0", "shares"], "gamma": ["1.5"],
    "alpha": ["0.5"], "ignore_index": ["1"], "label_smoothing": ["0.1", "2.0"],
    "hessian_scale": ["2.0"], "log_target": ["True"], "activation": ["fa.tanh"],
    "reduction": ["'sum'", "'none'", "'batchmean'"],
}  # fmt: skip
# What is tested where results are: `where` of ufuncs needs `out`.
ELSEWHERE = {"out", "y", "dtype", "casting"}

COLD = "temperature=1e-200"  # which calls Python: docs/guides/inside_njit.md has the list

CALLS = [
    (entry.function, member)
    for entry in COMPILED
    if entry.kind != "elementwise"
    for member in members(entry.function)
]


def texts(function, member):
    """Calls of a member: the plain one, and those with each argument in turn."""
    shown = f"f.{member}".rstrip(".")
    called = operator.attrgetter(member)(function) if member else function
    parameters = inspect.signature(called).parameters
    plain = {n: VALUES[n][0] for n, p in parameters.items() if p.default is p.empty or n == "x"}
    if member.endswith("backward") and hasattr(function, "split"):
        plain["dy"] = "half" if member == "backward" else plain["dy"]
    yield written(shown, parameters, plain)
    for name in parameters.keys() - ELSEWHERE:
        values = VALUES[name] if parameters[name].default is not True else []
        for value in values[name in plain :]:
            yield written(shown, parameters, plain | {name: value})


def written(shown, parameters, given):
    """The text of a call."""
    alone = inspect.Parameter.POSITIONAL_ONLY
    placed = [v for n, v in given.items() if parameters[n].kind is alone]
    named = [f"{n}={v}" for n, v in given.items() if parameters[n].kind is not alone]
    return f"{shown}({', '.join([*placed, *named])})"


def compiled(function, text):
    """Outside and inside."""
    outside = eval(f"lambda {', '.join(SPACE)}: {text}", {"f": function, "fa": fa})
    return outside, numba.njit(outside)


def raised(function):
    """The error of a call, or None."""
    try:
        function(*SPACE.values())
    except Exception as error:  # noqa: BLE001  # whatever it is
        return error
    return None


@pytest.mark.parametrize(("function", "member"), CALLS, ids=lambda v: getattr(v, "name", v))
def test_every_argument(function, member):
    good, wrong = [], []
    with np.errstate(all="ignore"):
        for text in sorted(texts(function, member)):
            outside, inside = compiled(function, text)
            (good if raised(outside) is None else wrong).append((text, outside, inside))
        together = "(" + ", ".join(text for text, *_ in good) + ",)"
        outside, inside = compiled(function, together)
        found, wanted = inside(*SPACE.values()), outside(*SPACE.values())
        for (text, *_), one, other in zip(good, found, wanted, strict=True):
            assert_same(one, other, text)
        rare = [text for text, *_ in good if COLD in text]
        assert python_calls(inside, *SPACE.values()) == len(rare)
        for text, outside, inside in wrong:
            error, wanted = raised(inside), raised(outside)
            typed = isinstance(error, numba.core.errors.TypingError)
            assert typed or (type(error), str(error)) == (type(wanted), str(wanted)), text
