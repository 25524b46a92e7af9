"""Every function that a peer has too: values, derivatives and conventions, and who is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa

from ..checks import apply
from .packages import PACKAGES
from .rule import asked, check_convention, choices, chosen, disagreements, judge, points, reached

CASES = [
    pytest.param(package, line, variety, dtype, id=f"{package.name}-{line}-{variety}-{dtype}")
    for package in PACKAGES
    for line in package.lines
    for variety in package.varieties(line)
    for dtype in package.dtypes(line)
]
SLOPES = [case for case in CASES if case.values[2] == "derivative"]


def plain(name):
    return name.replace("_", "").lower()


@pytest.mark.parametrize(("package", "line", "variety", "dtype"), CASES)
def test_disagreements_are_the_peers_errors(package, line, variety, dtype, record_property):
    f, found = fa.activations[line.ours], []
    for params in choices(f, line, package.parameters or dtype):
        xs = points(f, dtype, params)
        ours = apply(f, variety, xs, params)
        theirs = asked(package, f, line, variety, xs, params)
        found += disagreements(f, variety, xs, params, ours, theirs)
    largest, place = judge(f, variety, chosen(found))
    record_property("largest", (largest, len(found), f"{package.name} {line}", place))


@pytest.mark.parametrize(("package", "line", "variety", "dtype"), SLOPES)
def test_conventions_are_declared(package, line, variety, dtype):
    f = fa.activations[line.ours]
    for params in choices(f, line, package.parameters or dtype):
        for at, kink in reached(f, dtype, params).items():
            xs = np.array([at, -at] if at == 0 else [at], dtype)
            theirs = asked(package, f, line, variety, xs, params)
            check_convention(f, kink, package.name, params, xs, theirs)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_line_names_a_function(package):
    for line in package.lines:
        f = fa.activations[line.ours]
        assert callable(package.function(line)) or package.function(line) is not None
        ours = {p.name for p in f.params}
        assert {*line.named, *line.arrays, *line.fixed} <= ours, line
        assert "float32" in package.dtypes(line), line


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_function_that_a_peer_has_is_compared(package):
    offered = {plain(name) for name in package.offers()}
    compared = {line.ours for line in package.lines}
    both = {f.name for f in fa.activations.values() if offered & {*map(plain, (f.name, *f.aliases))}}
    assert sorted(both - compared) == []
