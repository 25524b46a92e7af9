"""Every list that must agree with the catalogue, compared with it; what is missing is printed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np
import pytest
from mpmath import mp, mpf

import fastact as fa

from .checks import VARIETIES
from .conftest import PACKAGE
from .reference import ELEMENTWISE, ROWWISE, resolve
from .strategies import DTYPES, defaults

ALONG_AN_AXIS = [fa.softmax, fa.log_softmax, fa.logsumexp]


def missing(wanted, found):
    return sorted(set(wanted) - set(found))


def test_every_function_has_a_reference():
    assert missing(fa.activations, ELEMENTWISE) == []
    assert missing([f.name for f in ALONG_AN_AXIS], ROWWISE) == []


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
    assert f.monotone in (-1, 0, 1)
    assert f.domain[0] < f.domain[1]
    assert f.range[0] < f.range[1]
    assert all(p.low < p.high for p in f.params)
    assert all(p.default is None or p.low <= p.default <= p.high for p in f.params)


def test_declared_kinks_are_kinks_and_there_are_no_others(f):
    """The reference's slopes on both sides differ where a kink is declared, and nowhere else."""
    params = tuple(map(mpf, defaults(f, "float64")))
    kinks = {resolve(kink.at, f, params) for kink in f.kinks}
    suspects = {x for x in (-6, -3, -1, -0.5, 0, 0.5, 1, 3, 6) if f.domain[0] < x < f.domain[1]}
    for x in kinks | suspects:
        with mp.workprec(200):
            left, right = (
                mp.diff(lambda v: ELEMENTWISE[f.name](v, *params), mpf(x), direction=side)
                for side in (-1, 1)
            )
        assert (abs(left - right) > mpf(2) ** -30) == (x in kinks), x


def test_declared_roots_are_roots(f):
    for variety, roots in f.roots.items():
        for root in roots:
            near = np.array([root * (1 - 2**-20) - 2**-40, root * (1 + 2**-20) + 2**-40])
            low, high = (f if variety == "forward" else getattr(f, variety))(near)
            assert low * high < 0, (variety, root, low, high)


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").exists()


def test_every_function_is_a_ufunc_of_its_own_name(function):
    from fastact import ufuncs

    assert getattr(ufuncs, function.ufunc.__name__) is function.ufunc
