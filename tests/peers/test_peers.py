"""Every function that a peer has too: values, derivatives and conventions, and who is wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import fastact as fa
from fastact.benchmarks.peers.torch import apart
from tests.peers.packages import PACKAGES
from tests.peers.rule import (
    asked,
    check_convention,
    choices,
    chosen,
    declared,
    disagreements,
    judge,
    points,
    reached,
)
from tests.support.checks import VARIETIES, apply

LINES = [(package, line) for package in PACKAGES for line in package.lines]
CASES = [
    pytest.param(package, line, variety, dtype, id=f"{package.name}-{line}-{variety}-{dtype}")
    for package, line in LINES
    for variety in package.varieties(line)
    for dtype in package.dtypes(line)
]
SLOPES = [case for case in CASES if case.values[2] == "derivative"]
each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)


@pytest.mark.parametrize(("package", "line", "variety", "dtype"), CASES)
def test_disagreements_are_errors_of_the_peer(package, line, variety, dtype, record_property):
    f, found = fa.activations[line.ours], []
    for params in choices(f, package, line, dtype):
        xs = points(f, dtype, params)
        ours = apply(f, variety, xs, params)
        theirs = asked(package, f, line, variety, xs, params)
        found += disagreements(f, variety, xs, params, ours, theirs)
    record_property("largest", (*judge(f, variety, chosen(found)), f"{package.name} {line.theirs}"))


@pytest.mark.parametrize(("package", "line", "variety", "dtype"), SLOPES)
def test_derivatives_at_kinks_are_declared(package, line, variety, dtype):
    f = fa.activations[line.ours]
    for params in choices(f, package, line, dtype):
        for at, kink in reached(f, dtype, params).items():
            xs = np.array([at, -at] if at == 0 else [at], dtype)
            theirs = asked(package, f, line, variety, xs, params)
            value = declared(package, line, kink.elsewhere, kink.derivative)
            check_convention(f, value, params, xs, theirs)


# --- completeness -------------------------------------------------------------------------------


def plain(name):
    return name.rpartition(".")[2].replace("_", "").lower()


def names(f):
    return {*map(plain, (f.name, *f.declaration.aliases))}


@each_package
def test_every_line_names_a_function(package):
    """Of the package, and parameters of ours; float32 at least can be asked."""
    for line in package.lines:
        assert package.function(line) is not None
        ours = {p.name for p in fa.activations[line.ours].params}
        parameters = {*line.named, *line.fixed, *(a for a in line.arrays if isinstance(a, str))}
        assert parameters <= ours, line
        assert "float32" in package.dtypes(line), line


@each_package
def test_every_function_that_a_peer_has_is_compared(package):
    offered = {plain(name) for name in package.offers()}
    compared = {line.ours for line in package.lines}
    both = {f.name for f in fa.activations.values() if offered & names(f)}
    assert sorted(both - compared) == []


@each_package
def test_what_a_peer_does_not_have(package):
    """A derivative that is left out of the table fails."""
    for line in package.lines:
        for variety in VARIETIES[line.orders :]:
            with pytest.raises(RuntimeError, match="not implemented"):
                package(line, variety, np.ones(3), {}, [])


@each_package
def test_defaults_are_declared(package):
    """Of functions that have our name: the default is ours, or declared to be chosen elsewhere."""
    for line in package.lines:
        f = fa.activations[line.ours]
        for p in f.params if plain(line.theirs) in names(f) else ():
            theirs = line.named.get(p.name)
            default = package.default(line, theirs) if theirs else line.fixed.get(p.name)
            if default is not None:
                wanted = declared(package, line, p.elsewhere, p.default)
                assert np.float32(default) == np.float32(wanted), (line, p.name)


def test_what_is_declared_of_a_peer_is_compared():
    """Or nothing would notice that it is wrong."""
    compared = {(line.ours, at) for p, line in LINES for at in (p.name, f"{p.name}.{line.theirs}")}
    said = {(f.name, at) for f in fa.activations.values() for k in f.kinks for at in k.elsewhere}
    known = tuple(package.name for package in PACKAGES)
    about_peers = {(f, at) for f, at in said if at.partition(".")[0] in known}
    assert sorted(about_peers - compared) == []


def test_functions_of_torch_compile_are_compiled_apart():
    """More of them than PyTorch compiles of one code object: it makes an error of that here."""
    for k in range(20):
        compiled = torch.compile(apart(lambda x, k=k: x + k), backend="eager", fullgraph=True)
        assert float(compiled(torch.ones(1))) == 1 + k
