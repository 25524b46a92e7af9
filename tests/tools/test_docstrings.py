"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import fastact as fa

OPTIONS = doctest.NORMALIZE_WHITESPACE
MODULES = [
    "fastact",
    *(
        m.name
        for m in pkgutil.walk_packages(fa.__path__, "fastact.")
        if "__main__" not in m.name and "-" not in m.name
    ),  # a hook is a file for another program
]
OBJECTS = [
    name
    for name in sorted(dir(fa))
    if not name.startswith("_") and not isinstance(getattr(fa, name), type)
]


@pytest.mark.parametrize("name", MODULES)
def test_modules(name):
    if name.startswith("fastact.cli"):
        pytest.importorskip("typer", reason="the command line is an extra, fastact[cli]")
    assert doctest.testmod(importlib.import_module(name), optionflags=OPTIONS).failed == 0


@pytest.mark.parametrize("name", OBJECTS)
def test_objects(name):
    """The docstrings of objects are made from their declarations; doctest does not look there."""
    found = getattr(fa, name)
    methods = [getattr(found, m, None) for m in ("backward", "jacobian", "value_and_grad")]
    for documented in (found, *methods):
        text = getattr(documented, "__doc__", None) or ""
        example = doctest.DocTestParser().get_doctest(text, {"np": np, "fa": fa}, name, None, None)
        assert doctest.DocTestRunner(optionflags=OPTIONS).run(example).failed == 0


def test_kinks_are_told_as_numbers_or_short_expressions(f):
    """What depends on a condition is its value for the usual parameters."""
    (line,) = (line for line in f.__doc__.splitlines() if line.startswith("Kinks: "))
    assert " if " not in line
    assert line.count("at x = ") == len(f.kinks)


def test_a_factor_of_an_error_is_one():
    """A sum stands in brackets before what it is multiplied with."""
    assert "at most (1 - y) eps max(1," in fa.log1mexp.__doc__
    assert "at most (1 + y ^ 2) ^ 0.5 eps max(1," in fa.logit.__doc__
    assert "at most 1 eps max(1," in fa.sigmoid.__doc__
