"""Every list that must agree with the catalogue, compared with it; what is missing is printed."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest
from mpmath import mp, mpf

import fastact as fa
from fastact.catalogue import catalogue, of_kind
from fastact.definition.activation import declare
from fastact.definition.declaration import Declaration
from fastact.native import loop_registry
from fastact.verification.rows import JUDGED
from tests.conftest import PACKAGE
from tests.support.checks import VARIETIES, apply
from tests.support.reference import ELEMENTWISE, ROWWISE, bends, domain, kinks, resolve
from tests.support.rows import TRUTH
from tests.support.strategies import DTYPES, defaults, parameter_sets

ALONG_AN_AXIS = of_kind("shares", "sum")


def missing(wanted, found):
    return sorted(set(wanted) - set(found))


def test_every_function_has_a_reference():
    assert missing(fa.activations, ELEMENTWISE) == []
    assert missing([f.name for f in ALONG_AN_AXIS], TRUTH) == []
    assert missing(ROWWISE, TRUTH) == []


def test_the_catalogue_has_every_public_function():
    """What is called with arrays is an object; what else can be called is plain Python."""
    found = {f for n, f in vars(fa).items() if callable(f) and not n.startswith("_")}
    plain = {f for f in found if isinstance(f, type | FunctionType)}
    assert {f.name for f in found - plain} == set(catalogue)
    assert all(getattr(fa, name) is entry.function for name, entry in catalogue.items())


def test_every_function_can_be_compiled_ahead():
    """By its own name: `fastact warmup` takes the loops that it runs."""
    loops = {spec.function for spec in loop_registry.loops()}
    assert all(entry.owners for entry in catalogue.values())
    assert missing([owner for entry in catalogue.values() for owner in entry.owners], loops) == []


def test_every_function_along_an_axis_with_bounds_is_judged():
    assert [f.name for f in ALONG_AN_AXIS if f.max_ulp] == [*JUDGED]


def test_every_record_of_a_row_kernel_is_that_of_a_loop():
    """`build` has all of them, and each is asked for by a ufunc."""
    pytest.importorskip("numba", reason="Numba does not support this Python yet")
    from fastact.rowkernels import build, from_kernels

    found = {}
    for path in sorted((PACKAGE / "rowkernels").glob("*.py")):
        module = import_module(f"fastact.rowkernels.{path.stem}")
        if module not in (build, from_kernels):  # these are all of them, and by operands
            found |= getattr(module, "LOOPS", {})
    assert found == build.LOOPS
    assert missing(found, {spec.name for spec in loop_registry.loops()}) == []


def test_every_reference_has_a_function():
    assert missing(ELEMENTWISE, fa.activations) == []


def test_public_names():
    """`dir` lists what there is: every activation under its name, and nothing private."""
    public = dir(fa)
    assert missing([*fa.activations, *fa.__all__], public) == []
    assert [name for name in public if not hasattr(fa, name) or name.startswith("_")] == []
    assert len(public) == len(set(public))
    ours = [n for n, v in vars(fa).items() if getattr(v, "__module__", "").startswith("fastact")]
    assert missing([n for n in ours if not n.startswith("_")], public) == []


def test_activations_are_found_by_name(f):
    assert fa.activations[f.name] is f
    assert getattr(fa, f.name) is f
    assert isinstance(f, fa.Activation)


def test_the_catalogue_is_read_only():
    with pytest.raises(TypeError):
        fa.activations["other"] = fa.sigmoid


def test_every_public_object_is_documented():
    public = {name: getattr(fa, name) for name in dir(fa)}
    described = {n: v for n, v in public.items() if not isinstance(v, Mapping | str)}  # not data
    assert [name for name, value in described.items() if not inspect.getdoc(value)] == []


def test_every_docstring_has_its_slots(f):
    """Formula, limits, derivative at kinks, accuracy, what backward needs, example, parameters."""
    doc = inspect.getdoc(f).lower()
    slots = ["inf", "nan", "ulp", "backward", ">>> ", *(p.name for p in f.params)]
    slots += ["kink" if f.kinks else "derivative"]
    assert [slot for slot in slots if slot not in doc] == []


def test_every_bound_is_declared(f):
    assert missing(DTYPES, f.max_ulp) == []
    assert {d: missing(VARIETIES, f.max_ulp[d]) for d in DTYPES} == {d: [] for d in DTYPES}
    assert all(0 <= f.max_ulp[d][v] <= 2 for d in DTYPES for v in VARIETIES)
    assert all(f.max_ulp["float32"][v] <= 1 for v in ("forward", "derivative"))


def test_declarations_are_complete(f):
    assert f.formula
    assert f.declaration.monotone in (-1, 0, 1)
    for params in parameter_sets(f, "float64"):
        for low, high in (
            domain(f, params),
            [resolve(end, f, params) for end in f.declaration.range],
        ):
            assert low < high
    assert all(p.low < p.high for p in f.params)
    assert all(p.low <= p.typical <= p.high or p.typical == p.none for p in f.params)


def test_parameters_that_are_needed_come_first(f):
    """As in Python: they can be given by position alone."""
    needed = [p.required for p in f.params]
    assert needed == sorted(needed, reverse=True)


def test_rules_hold_for_the_defaults_and_name_parameters(f):
    assert defaults(f, "float64") in parameter_sets(f, "float64")
    for rule in (*f.declaration.requires, *f.declaration.output_requires):
        named = set(compile(rule, "", "eval").co_names)
        assert named
        assert missing(named, {p.name for p in f.params}) == []


def jumps(f, order, x, params):
    """Whether a derivative of the reference differs a little to the left and right of `x`."""
    known, reach = [*map(mpf, params)], mpf(2) ** -64
    with mp.workprec(200):
        left, right = (
            mp.diff(lambda v: ELEMENTWISE[f.name](v, *known), x + side * reach, order)
            for side in (-1, 1)
        )
    return abs(left - right) > mpf(2) ** -30 * (1 + abs(left))


def bent(f, x, params):
    """Whether the reference or its slope jumps at `x`."""
    return jumps(f, 0, x, params) or jumps(f, 1, x, params)


def suspects(f, params):
    """Where an activation may have a kink: round numbers, and what its parameters suggest."""
    places = {0.0, *(s * v for v in (0.5, 1, 2, 3, 4, 6, *params) for s in (-1, 1))}
    low, high = domain(f, params)
    return {x for x in places | {1 - v for v in params} if low < x < high}


def test_declared_kinks_are_kinks_and_there_are_no_others(f):
    """A kink may vanish for some parameters (elu's for alpha = 1), but not for all."""
    never = list(f.kinks)
    for params in parameter_sets(f, "float64"):
        declared = kinks(f, params)
        real = [kink for at, kink in declared.items() if bent(f, at, params)]
        never = [kink for kink in never if kink not in real]
        others = suspects(f, params) - {*map(float, declared)}
        assert [x for x in others if bent(f, x, params)] == [], params
    assert never == []


def test_declared_bends_are_bends_and_there_are_no_others(f):
    """The same of the second derivative; at a kink it may jump, or not."""
    never = set(f.declaration.bends)
    for params in parameter_sets(f, "float64"):
        never -= {at for at in never if jumps(f, 2, resolve(at, f, params), params)}
        others = suspects(f, params) - {*bends(f, params)}
        assert [x for x in others if jumps(f, 2, x, params)] == [], params
    assert never == set()


def test_declared_roots_are_roots(f):
    params = defaults(f, "float64")
    for variety, fields in f.declaration.roots.items():
        for root in (resolve(field, f, params) for field in fields):
            near = np.array([root * (1 - 2**-20) - 2**-40, root * (1 + 2**-20) + 2**-40])
            low, high = apply(f, variety, near, params)
            assert low * high < 0, (variety, root, low, high)


def test_contributing_shows_blocks_as_they_stand():
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name, end, path in (
        ("softsign", "   ```", "elementwise/algebraic.py"),
        ("hardmax", "\n\n   class", "rowwise/softmax_family.py"),
    ):
        shown = textwrap.dedent(guide[guide.index(f"   # {name} ") :].partition(end)[0]).rstrip()
        assert shown in (PACKAGE / path).read_text(encoding="utf-8")
    parameters = {*inspect.signature(declare).parameters, *Declaration.__dataclass_fields__}
    named = re.findall(r"`(\w+)`", guide[guide.index("Declare what") : guide.index("A place that")])
    assert missing(named, parameters | {"elsewhere"}) == []


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").exists()


def test_every_function_is_a_ufunc_of_its_own_name(function):
    from fastact.native import ufunc as ufuncs

    assert getattr(ufuncs, function.ufunc.__name__) is function.ufunc


# ---------------------------------------------------------------- row kernels
FAMILY = PACKAGE / "rowwise" / "softmax_family.py"


def row_kernels():
    """The functions of `fastact/rowkernels/` and kernels of rows, by file and line."""
    for path in [*sorted((PACKAGE / "rowkernels").glob("*.py")), FAMILY]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (path is not FAMILY or node.decorator_list):
                yield f"{path.name}:{node.lineno} {node.name}", node


def test_row_kernels_are_short_and_take_few_arguments():
    found = dict(row_kernels())
    assert len(found) > 200
    long = {at for at, node in found.items() if node.end_lineno - node.lineno >= 60}
    wide = {at for at, node in found.items() if len(ast.unparse(node.args).split(",")) > 10}
    assert (long, wide) == (set(), set())


def test_row_kernels_say_what_they_do():
    """All but `code`, which emits what the intrinsic around it says, and what stands in it."""
    functions = dict(row_kernels()).values()
    emitting = {id(n) for f in functions if f.name == "code" for n in ast.walk(f)}
    silent = [f.name for f in functions if id(f) not in emitting and not ast.get_docstring(f)]
    assert silent == []
