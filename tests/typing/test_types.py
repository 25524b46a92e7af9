"""mypy and pyright know what a user's program gets, report its mistakes, and are told the truth."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import types
import typing
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import catalogue
from tests.conftest import PACKAGE
from tools import interfaces

HERE = Path(__file__).parent
PROGRAM, WRONG = HERE / "program.py", HERE / "wrong.py"
INTERFACES = PACKAGE / "definition" / "interfaces.pyi"
# Where a checker has to be told of the package: a source tree that is not installed.
TREE = PACKAGE.parent if PACKAGE.parent != Path(sysconfig.get_path("purelib")) else None
GROUP = "the checkers are in the dependency group `type`, which tox -e type installs"


def run_mypy(path):
    """The numbers of the lines with errors, and what was said."""
    pytest.importorskip("mypy", reason=GROUP)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(path)]
    known = {"MYPYPATH": str(TREE)} if TREE else {}
    done = subprocess.run(
        [*command, "--config-file=", f"--cache-dir={path.parent / 'cache'}"],
        cwd=path.parent, env=os.environ | known, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {int(n) for n in re.findall(rf"{path.name}:(\d+): error", done.stdout)}, done.stdout


def run_pyright(path):
    """The same of pyright, whose package of PyPI fetches the checker itself when it first runs."""
    pytest.importorskip("pyright", reason=GROUP)
    options = {"include": [path.name], "extraPaths": [str(TREE)] if TREE else []}
    (path.parent / "pyrightconfig.json").write_text(json.dumps(options))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright could not be fetched: {done.stderr.strip()[-200:]}")
    said = json.loads(done.stdout)["generalDiagnostics"]
    errors = {d["range"]["start"]["line"] + 1 for d in said if d["severity"] == "error"}
    return errors, "\n".join(f"{d['range']['start']['line'] + 1}: {d['message']}" for d in said)


CHECKERS = {"mypy": run_mypy, "pyright": run_pyright}


@pytest.fixture(params=CHECKERS)
def checker(request, tmp_path):
    """A checker, applied to a copy of a program outside of the repository."""
    return lambda path: CHECKERS[request.param](Path(shutil.copy(path, tmp_path)))


def test_a_program_of_a_user_is_typed(checker):
    errors, said = checker(PROGRAM)
    assert errors == set(), said


def test_the_program_has_every_public_name():
    """Of functions that are one class to a checker, one is enough; losses without options may come.

    There is none yet, so that the program cannot have one.
    """
    named = set(re.findall(r"\bfa\.(\w+)", PROGRAM.read_text(encoding="utf-8")))
    activations = {name for name in dir(fa) if isinstance(getattr(fa, name), fa.Activation)}
    assert {*dir(fa)} - activations - {*OTHERS} - named == set()
    shown = {protocol_of(name) for name in named & {*OTHERS}}
    assert {protocol_of(name) for name in OTHERS} - shown <= {"OfTargets"}


def test_each_mistake_of_a_user_is_reported(checker):
    lines = WRONG.read_text(encoding="utf-8").splitlines()
    mistakes = {n for n, line in enumerate(lines, 1) if "  # " in line}
    errors, said = checker(WRONG)
    assert len(mistakes) >= 50
    assert [lines[n - 1] for n in sorted(mistakes - errors)] == []
    assert errors - mistakes == set(), said


# ---------------------------------------------------------------- the truth of it
def holds(value, kind):
    """Whether a value is of a type that a checker was told."""
    alias = typing.get_origin(kind)
    if hasattr(alias, "__value__"):  # NDArray is one from Python 3.12 on
        kind = alias.__value__[typing.get_args(kind)]
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return any(holds(value, each) for each in args)
    if origin is np.ndarray:
        (scalar,) = typing.get_args(args[1])
        return isinstance(value, np.ndarray) and issubclass(value.dtype.type, scalar)
    if origin is tuple:
        return len(value) == len(args) and all(map(holds, value, args))
    if origin is list:
        return isinstance(value, list) and all(holds(each, args[0]) for each in value)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and all(holds(each, args[1]) for each in value.values())
    return value is None if kind is None else isinstance(value, kind)


def test_the_program_gets_what_the_checkers_are_told(monkeypatch):
    checked = []

    def compare(value, kind):
        assert holds(value, kind), (value, kind)
        checked.append(kind)
        return value

    monkeypatch.setattr(typing, "assert_type", compare)
    runpy.run_path(str(PROGRAM))
    assert len(checked) > 100


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.ones(2), np.typing.NDArray[np.float32]),
        (np.float64(1), np.typing.NDArray[np.float64]),
        ((1.0, "a"), tuple[float, float]),
        ({"a": 1}, dict[str, str]),
        (1.0, int | str),
    ],
)
def test_a_false_type_is_noticed(value, kind):
    assert not holds(value, kind)


def test_annotations_can_be_read_when_a_program_runs():
    """As `inspect`, `dataclasses` and frameworks that are built on annotations read them."""
    assert typing.get_type_hints(fa.Activation)["from_output"] is bool


# ---------------------------------------------------------------- the file that tells them
def test_the_interfaces_are_those_of_the_catalogue():
    assert INTERFACES.read_text(encoding="utf-8") == interfaces.text(), "python tools/interfaces.py"


def told():
    """By class and method, the names of all arguments that a checker is told of."""
    tree = ast.parse(INTERFACES.read_text(encoding="utf-8"))
    found = {}
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for method in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
            if any(isinstance(d, ast.Name) and d.id == "property" for d in method.decorator_list):
                continue
            a = method.args
            names = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)][1:]
            found.setdefault((cls.name, method.name), set()).update(names)
    return found


def members_of(cls):
    """The protocols of the members of a class of activations, and of its call."""
    tree = ast.parse(INTERFACES.read_text(encoding="utf-8"))
    (node,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls)
    first = node.bases[0].id
    of = {"__call__": first} if first.startswith("Value") else members_of(first)
    return of | {n.target.id: n.annotation.id for n in node.body if isinstance(n, ast.AnnAssign)}


def annotated(f):
    """What a checker is told that the name of an activation is."""
    module = import_module(f.declaration.kernels["forward"].__module__)
    return module.__annotations__[f.name].removeprefix("interfaces.")


def test_each_activation_is_annotated_with_its_class(f):
    """Of its parameters, and of what its backward may start from."""
    assert annotated(f) == interfaces.class_of(f)


def test_checkers_are_told_the_signatures_of_members(f):
    known, of = told(), members_of(annotated(f))
    assert {*of} == {*interfaces.MEMBERS, "__call__"}
    for member, protocol in of.items():
        function = f if member == "__call__" else getattr(f, member)
        if protocol == "Absent":
            with pytest.raises(TypeError, match=rf"^{f.name}\.{member}\(\): "):
                function(np.ones(2), **{p.name: p.typical for p in f.params})
        else:
            real = {*inspect.signature(function).parameters}
            assert known[protocol, "__call__"] == real, member


OTHERS = {e.name: e.function for e in catalogue.values() if e.kind != "elementwise"}
PARTS = {"Product", "Sequences", "Split"}  # the protocols of members


def protocol_of(name):
    """The protocol that the name of a function is annotated with."""
    module = import_module(type(OTHERS[name]).__module__)
    return module.__annotations__[name].removeprefix("interfaces.")


@cache
def told_members(protocol):
    """The public members of a protocol: of properties the type, of methods None."""
    tree = ast.parse(INTERFACES.read_text(encoding="utf-8"))
    (node,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == protocol)
    methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
    properties = {n.name for n in methods for d in n.decorator_list if d.id == "property"}
    return {
        n.name: ast.unparse(n.returns) if n.name in properties else None
        for n in methods
        if not n.name.startswith("__")
    }


def test_each_function_is_annotated_with_a_protocol():
    protocols = {cls for cls, _ in told()}
    assert {protocol_of(name) for name in OTHERS} <= protocols


@pytest.mark.parametrize("name", OTHERS)
def test_checkers_are_told_of_the_interface_and_no_more(name):
    shown = {member for member in dir(OTHERS[name]) if not member.startswith("_")}
    assert shown == set(told_members(protocol_of(name)))


def with_parts(function, protocol):
    """A function and its members that are objects, each with its protocol."""
    yield function, protocol
    for member, kind in told_members(protocol).items():
        if kind in PARTS:
            yield from with_parts(getattr(function, member), kind)


@pytest.mark.parametrize("name", OTHERS)
def test_checkers_are_told_the_signatures_of_functions(name):
    """By name and kind, with what may be left out."""
    known, checked = told(), []
    for function, protocol in with_parts(OTHERS[name], protocol_of(name)):
        for (cls, method), names in known.items():
            if cls == protocol:
                called = function if method == "__call__" else getattr(function, method)
                real = {*inspect.signature(called).parameters}
                vector = {"d"} if real & {"dy", "dx"} and "d" in names else set()
                assert names - vector <= real, (function, method)
                assert real - {"dy", "dx"} <= names, (function, method)
                checked.append(method)
    members = [m for m in told_members(protocol_of(name)) if callable(getattr(OTHERS[name], m))]
    assert checked.count("__call__") >= 1
    assert len(checked) > len({*members} - {"activation", "ufunc"})
