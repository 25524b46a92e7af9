"""`ulps.json` covers everything, keeps the bounds, and the documents are made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import fastact as fa
from fastact.catalogue import of_kind
from fastact.definition.declaration import MAX_ULP, ORDERS
from fastact.verification import record
from fastact.verification.rows import JUDGED
from tests.tools.test_conventions import DOCS, script


@pytest.mark.parametrize("dtype", MAX_ULP)
def test_recorded_errors_keep_the_declared_bounds(f, dtype):
    recorded = record.read()[dtype][f.name]
    assert {*recorded} == {*ORDERS}
    for variety, found in recorded.items():
        assert found["bound"] == f.max_ulp[dtype][variety], variety
        assert found["max_ulp"] <= found["bound"], variety
        assert found["inputs"] >= 20_000, variety


def test_every_float16_is_recorded():
    for name in fa.activations:
        varieties = record.read()["float16"][name]
        assert varieties["forward"]["inputs"] == varieties["derivative"]["inputs"] == 2**16


@pytest.mark.parametrize("dtype", MAX_ULP)
@pytest.mark.parametrize("name", JUDGED)
def test_recorded_errors_along_an_axis_keep_the_declared_bounds(name, dtype):
    recorded, bounds = record.read()[dtype][name], JUDGED[name].max_ulp[dtype]
    assert {variety: found["bound"] for variety, found in recorded.items()} == bounds
    for variety, found in recorded.items():
        assert found["max_ulp"] <= found["bound"], variety
        assert found["inputs"] >= 1_000_000, variety


@pytest.mark.parametrize("f", [*JUDGED.values(), *of_kind("gated")], ids=lambda f: f.name)
def test_docstrings_tell_the_declared_bounds(f):
    """Those of elementwise functions are made of them."""
    known = (f.max_ulp[dtype] for dtype in ("float32", "float64"))
    bounds = (each if isinstance(each, float) else each["forward"] for each in known)
    text = " ".join(f.__doc__.split())
    assert "Error: at most {:g} ulp in float32 and {:g} ulp in float64".format(*bounds) in text


def test_nothing_recorded_is_unknown():
    recorded = record.read()
    assert sorted(recorded) == sorted(MAX_ULP)
    for functions in recorded.values():
        assert sorted(functions) == sorted([*fa.activations, *JUDGED])


def test_the_documents_are_current():
    """If this fails: ``python docs/ulps.py``."""
    ulps, recorded = script("ulps"), record.read()
    assert (DOCS / "ulps.md").read_text(encoding="utf-8") == ulps.page(recorded)
    text = Path(ulps.README).read_text(encoding="utf-8")
    assert ulps.PLACE.search(text)
    assert ulps.readme(text, recorded) == text


def entry(**changes):
    found = {"max_ulp": 0.5, "worst": "0x1p+0", "not_correctly_rounded": 0, "inputs": 2**32}
    return found | {"bound": 1.0} | changes


@pytest.mark.parametrize(
    ("error", "written"),
    [(0.0, "0"), (0.5, "0.5"), (0.499999, "0.5"), (0.33334, "0.334"), (0.500001, "0.501"),
     (1.0, "1"), (1.675e7, "1.68e+07"), (59.01, "59.1")],
)  # fmt: skip
def test_an_error_is_rounded_up(error, written):
    assert script("ulps").shown(error) == written


def test_inputs_are_named_as_what_they_are():
    ulps = script("ulps")
    assert ulps.inputs(entry(), "float32") == "all 2^32"
    assert ulps.inputs(entry(inputs=2**32 - 3), "float32") == "all 2^32"
    assert ulps.inputs(entry(inputs=1_052_353), "float32") == "1,052,353"
    assert ulps.inputs(entry(), "float64") == f"{2**32:,}"


def test_a_row_shows_errors_share_and_peers():
    peers = {"jax": {"max_ulp": 8.39e6, "version": "1"}}
    found = entry(max_ulp=0.8596, not_correctly_rounded=2**31, peers=peers)
    line = script("ulps").line("relu", "second_derivative", "float32", found)
    assert line == [
        "`relu`", "second derivative", "0.86", "1", "`0x1p+0`", "50.00%", "all 2^32", "",
        "8.39e+06", "",
    ]  # fmt: skip


def test_the_table_of_the_readme_takes_its_place():
    ulps, recorded = script("ulps"), record.read()
    text = "before\n<!-- made by docs/ulps.py -->\nstale\n<!-- end -->\nafter\n"
    made = ulps.readme(text, recorded)
    assert made.startswith("before\n")
    assert made.endswith("after\n")
    assert "stale" not in made
    assert all(f"`{name}`" in made for name in (*fa.activations, *JUDGED))
    assert ulps.readme(made, recorded) == made
