"""Every wrong call raises the right class, and says what was called and what is wrong."""

from __future__ import annotations

import runpy
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import fastact as fa
from tests.support.bad_calls import Bad, X, bad_calls, faults
from tests.support.misfits import Sub, misfits, objects, said

ROOT = Path(__file__).parents[2]
KINDS = defaultdict(list)
MISFITS = misfits()
for each in [*bad_calls(), *(misfit.bad for misfit in MISFITS), *objects()]:
    KINDS[each.kind].append(each)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_calls(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {bad.called: fault for bad in KINDS[kind] if (fault := faults(bad))}
    assert not found, found


def test_the_table_is_long():
    assert sum(map(len, KINDS.values())) > 14000


def test_native_code_and_python_say_the_same():
    """Native code takes NumPy's own arrays, Python those of a subclass."""
    different = {}
    for misfit in MISFITS:
        native, python = (said(misfit, make) for make in (np.asarray, lambda a: a.view(Sub)))
        if native != python:
            different[misfit.right.called, misfit.argument] = native, python
    assert not different, different


@pytest.mark.parametrize(
    "bad",
    [
        Bad("", "sigmoid", "", lambda: fa.sigmoid(X), TypeError),
        Bad("", "sigmoid", "", lambda: fa.sigmoid(X, dim=1), ValueError),
        Bad("", "sigmoid", "axis", lambda: fa.sigmoid(X, dim=1), TypeError),
        Bad("", "", "", lambda: [].nothing, AttributeError),
    ],
)
def test_the_judge_finds_faults(bad):
    assert faults(bad)


def test_the_page_is_what_the_calls_say():
    page = runpy.run_path(str(ROOT / "docs" / "bad_calls.py"))["page"]()
    assert page == (ROOT / "docs" / "bad_calls.md").read_text(encoding="utf-8")
