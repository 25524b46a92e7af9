"""What one Python leaves out under the brief profile, the next ones test."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

import fastact as fa
from tests import conftest
from tests.conftest import ACTIVATIONS
from tests.support import profile
from tests.support.strategies import DTYPES


def case(name, *, slow=False, **params):
    return SimpleNamespace(
        nodeid=f"test[{name}]" if params else "test",
        callspec=SimpleNamespace(params=params),
        get_closest_marker=lambda mark: mark if slow else None,
    )


@pytest.fixture
def pythons(monkeypatch):
    """Three of them in turn."""

    def turns():
        for minor in (11, 12, 13):
            monkeypatch.setattr(profile, "PYTHON", minor)
            yield minor

    monkeypatch.setattr(profile, "BRIEF", True)
    return turns


def taken(pythons, cases):
    """How often each of the cases is taken, and how many each time."""
    turns = [conftest.of_this_python("test", list(cases)) for _ in pythons()]
    return Counter(case.nodeid for turn in turns for case in turn), list(map(len, turns))


def test_all_is_tested_unless_the_profile_is_brief(pythons, monkeypatch):
    assert [len(profile.part(range(10), 3)) for _ in pythons()] == [3, 4, 3]
    monkeypatch.setattr(profile, "BRIEF", False)
    assert profile.part("abc", 2) == [*"abc"]


def test_cases_are_shared(pythons):
    cases = [case(n, number=n) for n in range(30)]
    assert taken(pythons, cases) == (Counter(c.nodeid for c in cases), [10, 10, 10])


def test_dtypes_are_shared(pythons):
    cases = [case(f"{dtype}-{n}", dtype=dtype, n=n) for dtype in DTYPES for n in range(4)]
    assert taken(pythons, cases) == (Counter(c.nodeid for c in cases), [4, 4, 4])


def test_dtypes_of_activations_are_shared(pythons):
    """By turns: what is compiled for one test is what others need too."""
    cases = [case(f"{f}-{dtype}", f=f, dtype=dtype) for f in ACTIVATIONS for dtype in DTYPES]
    number = len(ACTIVATIONS)
    assert taken(pythons, cases) == (Counter(c.nodeid for c in cases), [number] * 3)
    for _ in pythons():
        found = map(conftest.subject, conftest.of_this_python("test", cases))
        assert sorted({f.name for f, _ in found}) == sorted(f.name for f in ACTIVATIONS)


def test_other_activations_are_on_every_python(pythons):
    """What a test makes itself, beside the catalogue."""
    cases = [case("made", f=fa.identity * fa.tanh), *(case(str(f), f=f) for f in ACTIVATIONS)]
    assert taken(pythons, cases)[1] == [len(cases)] * 3


def test_a_test_without_cases_is_shared_if_it_is_slow(pythons):
    assert taken(pythons, [case("")])[1] == [1, 1, 1]
    assert sorted(taken(pythons, [case("", slow=True)])[1]) == [0, 0, 1]
