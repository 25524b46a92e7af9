"""Every wrong call raises the right class, and says what was called and what is wrong."""

from __future__ import annotations

import runpy
import warnings
from collections import defaultdict
from pathlib import Path

import pytest

import fastact as fa
from tests.support.bad_calls import Bad, X, bad_calls, faults

ROOT = Path(__file__).parents[2]
KINDS = defaultdict(list)
for each in bad_calls():
    KINDS[each.kind].append(each)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_calls(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {bad.called: fault for bad in KINDS[kind] if (fault := faults(bad))}
    assert not found, found


def test_the_table_is_long():
    assert sum(map(len, KINDS.values())) > 5000


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
