"""No loop is compiled with fast math, nor so that a division by zero raises."""

from __future__ import annotations

import ast
from pathlib import Path

import fastact as fa
from fastact.compiler.dispatch import OPTIONS

PACKAGE = Path(fa.__file__).parent
# What times other ways to do the same thing, and compiles nothing that a user calls.
RIVALS = PACKAGE / "benchmarks" / "peers" / "compiled.py"
COMPILED = """
import gc, re
import numpy as np
import fastact as fa
import numba
from numba.core.dispatcher import Dispatcher
from fastact.compiler import dispatch

modules, linked = [], dispatch.linked

def kept(*arguments):
    modules.append(linked(*arguments))
    return modules[-1]

dispatch.linked = kept
x = np.linspace(0.1, 2, 12).reshape(3, 4)
own = numba.njit(lambda v: 1 / v, error_model="numpy")

@fa.activation
def reciprocal(v):
    return 1 / v + own(v)

kinds = {
    "elementwise": lambda: fa.sigmoid(x),
    "float16": lambda: fa.softsign(x.astype("f2")),
    "derivative": lambda: fa.silu.backward(x, x=x),
    "a bit mask": lambda: fa.relu.forward_with_mask(x),
    "gated": lambda: fa.reglu(x),
    "a loss": lambda: fa.sigmoid_cross_entropy(x, x),
    "along an axis": lambda: fa.sparsemax(x),
    "side by side": lambda: fa.logsumexp(x, axis=0),
    "own": lambda: reciprocal(x),
    "algebra": lambda: (fa.identity / (fa.softplus + 1.0))(x),
}
for name, call in kinds.items():
    before = len(modules)
    call()
    assert len(modules) > before, name + " has compiled nothing"
ours = [
    each for each in gc.get_objects()
    if isinstance(each, Dispatcher)
    and (
        (each.py_func.__module__ or "").startswith("fastact.")
        or each.py_func.__name__ == "reciprocal"
    )
]
assert len(ours) > 100, len(ours)
for each in ours:
    options = each.targetoptions
    assert options["error_model"] == "numpy" and options["fastmath"] is False, (each, options)
flags = re.compile(r"= (?:fadd|fsub|fmul|fdiv|frem|fneg|fcmp|call|select|phi)"
                   r"(?: (?:fast|nnan|ninf|nsz|arcp|contract|afn|reassoc))+ .*")
arithmetic = 0
for module in modules:
    text = str(module)
    assert not (found := flags.search(text)), found.group()
    assert "ZeroDivisionError" not in text
    arithmetic += text.count(" fmul ") + text.count(" fdiv ")
assert arithmetic > 100, arithmetic
"""


def test_no_loop_has_fast_math_or_pythons_division(python, tmp_path):
    """Of each kind of loop: the options of every function that is in it, and its instructions."""
    python(COMPILED, FASTACT_CACHE_DIR=str(tmp_path / "store"))


def test_options_stand_in_one_place():
    """Numba's compilers are used in `compiler/dispatch.py` alone, and fast math is nowhere on."""
    compilers = {"njit", "jit", "cfunc", "generated_jit"}  # `vectorize` divides as NumPy does
    for path in sorted(PACKAGE.rglob("*.py")):
        if path == RIVALS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in (
                "numba",
                "numba.core.decorators",
            ):
                names = {alias.name for alias in node.names} & compilers
                assert not names or path.name == "dispatch.py", (path, names)
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "numba":
                assert node.attr not in compilers, (path, node.lineno)
            if isinstance(node, ast.keyword):
                assert node.arg not in ("fastmath", "error_model"), (path, node.lineno)
    assert OPTIONS.items() >= {"error_model": "numpy", "fastmath": False}.items()


FEW = """
import math, sys
import numba, numpy as np, fastact as fa
x = np.linspace(-2, 2, 5)
fa.softsign(x), fa.sparsemax(x), fa.reglu(x[:4]), fa.sigmoid_cross_entropy(x, x * 0)
late = {"numba.np.arraymath", "numba.np.linalg", "fastact.in_njit"}
assert not late & {*sys.modules}, late & {*sys.modules}

@fa.activation
def own(x):
    return math.erf(x) + np.arctan(x) + max(x, 0.5)

wanted = [math.erf(v) + math.atan(v) + max(v, 0.5) for v in x.tolist()]
assert np.allclose(own(x), wanted, rtol=1e-12)
assert np.allclose((own * fa.identity)(x), wanted * x, rtol=1e-12)
total = numba.njit(lambda x: np.dot(x, np.sort(fa.relu(x))) + len([v for v in x]))(x)
assert total == np.dot(x, np.sort(np.maximum(x, 0))) + 5
assert late <= {*sys.modules}
"""


def test_numba_loads_what_is_needed(python, tmp_path):
    """For functions of this package a few registries; for those of users all, also afterwards."""
    python(FEW, FASTACT_CACHE_DIR=str(tmp_path))
