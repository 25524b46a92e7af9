"""The command line, run as a user runs it: in a process, a pipe or a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import requires
from itertools import pairwise
from types import SimpleNamespace

import pytest

pytest.importorskip("typer")

COMMAND = [sys.executable, "-m", "fastact"]
PLAIN = {
    name: value
    for name, value in os.environ.items()
    if name not in {"COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"}
} | {"PYTHONUTF8": "1", "TERM": "xterm"}
# Makes standard input the terminal that sends SIGINT when Ctrl-C is typed.
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
TIMEOUT = 300  # seconds; the demo compiles its kernels first when the store is empty


def run(*arguments, command=COMMAND, **environment):
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=PLAIN | environment,
        timeout=TIMEOUT,
        check=False,
    )


def in_terminal(*arguments, interrupt_at=None, **environment):
    """Return exit status and output; Ctrl-C is typed when `interrupt_at` has been shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=PLAIN | environment,
        start_new_session=True,
    )
    os.close(theirs)
    output = b""
    with process, os.fdopen(ours, "r+b", buffering=0) as terminal, suppress(OSError):
        # Linux answers with an error when the last process has closed its end.
        while select.select([terminal], [], [], TIMEOUT)[0] and (some := terminal.read(65536)):
            output += some
            if interrupt_at and interrupt_at in output:
                terminal.write(b"\x03")
                interrupt_at = None
    return process.returncode, output.decode()


def one_line(result):
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")
    return result.stderr


@pytest.mark.slow
def test_demo_learns_and_agrees_with_numpy():
    pytest.importorskip("sklearn")
    result = run("demo", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert found["problems"] == []
    assert found["accuracy"]["fastact"] >= 0.97
    ours, theirs = found["losses"].values()
    assert len(ours) == len(theirs) == found["epochs"]
    assert ours[-1] < ours[0] / 10
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 1e-6
    labels = {f"{name} {way}" for name in found["layers"] for way in ("forward", "backward")}
    for spent in found["activation_seconds"].values():
        assert set(spent) == labels
        assert min(spent.values()) > 0


@pytest.mark.slow
def test_demo_in_a_pipe_is_plain_text():
    pytest.importorskip("sklearn")
    result = run("demo")
    assert (result.returncode, result.stderr) == (0, "")
    assert set(result.stdout) - {"\n"} == {c for c in result.stdout if c.isprintable()}
    assert "Accuracy" in result.stdout
    assert "━" not in result.stdout  # what the progress bar is made of
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_demo_in_a_terminal_shows_progress_and_fails_when_it_learns_too_little():
    pytest.importorskip("sklearn")
    status, output = in_terminal("demo", "--epochs", "2")
    assert status == 1
    assert "━" in output
    assert "2/2" in output
    assert "fastact: fastact recognizes" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("other", [1.0 + 2e-6, float("nan")])
def test_demo_notices_curves_that_differ(other):
    from fastact.cli.demo import _compare

    def made_up(loss):
        times = {"activation_seconds": {}, "first_calls_seconds": 0.0, "seconds": 0.0}
        return SimpleNamespace(losses=[loss], correct=360, **times)

    assert _compare({"a": made_up(1.0), "b": made_up(1.0)}, 360)["problems"] == []
    assert len(_compare({"a": made_up(1.0), "b": made_up(other)}, 360)["problems"]) == 1


def test_info_json(tmp_path):
    result = run("info", "--json", FASTACT_CACHE_DIR=str(tmp_path / "store"))
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert {"fastact", "python", "numpy", "numba", "llvmlite"} == set(found["versions"])
    assert found["threads"]["threads"] >= 1
    assert found["store"]["directory"] == str(tmp_path / "store")
    assert found["store"]["usable"]
    assert found["store"]["functions"] == {}


def test_info_says_why_the_store_is_not_used(tmp_path):
    (tmp_path / "file").touch()
    result = run("info", FASTACT_CACHE_DIR=str(tmp_path / "file"))
    assert result.returncode == 0
    assert f"not kept: {tmp_path / 'file'}" in " ".join(result.stdout.split())
    lines = result.stdout.splitlines()
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80


def test_info_imports_neither_numba_nor_sklearn():
    code = (
        "import sys; from fastact.cli import main; status = main(); "
        "sys.exit(status or str({'numba', 'scipy', 'sklearn'} & set(sys.modules) or '') or 0)"
    )
    result = run("info", command=[sys.executable, "-c", code])
    assert (result.returncode, result.stderr) == (0, "")


def test_warmup_compiles_once(tmp_path):
    environment = {"FASTACT_CACHE_DIR": str(tmp_path)}
    arguments = ["warmup", "relu", "--dtype", "float32", "--jobs", "2"]
    result = run(*arguments, "--json", **environment)
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert found["loops"] == len(found["compiled"]) > 1
    assert {loop["dtype"] for loop in found["compiled"]} == {"float32"}

    again = run(*arguments, **environment)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.count("\n") == 1
    assert ": 0 compiled" in again.stdout

    kept = json.loads(run("info", "--json", **environment).stdout)["store"]["functions"]
    assert kept["relu"]["loops"] == found["loops"]
    assert kept["relu"]["dtypes"] == ["float32"]


def test_warmup_takes_one_variety_and_shows_progress(tmp_path):
    status, output = in_terminal(
        "warmup", "relu_derivative", "--dtype", "float64", FASTACT_CACHE_DIR=str(tmp_path)
    )
    assert status == 0
    assert "━" in output
    assert "1 compiled" in output


def test_warmup_takes_every_function_by_its_name(tmp_path):
    """Also one that runs the loops of others, and one that has loops for each activation."""
    arguments = ["warmup", "gumbel_softmax", "squared_error", "--dtype", "float32", "--json"]
    found = json.loads(run(*arguments, FASTACT_CACHE_DIR=str(tmp_path)).stdout)
    loops = {"softmax", "hardmax", "logit", "squared_error_sigmoid"}
    assert loops <= {loop["name"] for loop in found["compiled"]}
    code = (
        "import numpy as np, fastact as fa; from fastact.native import store; x = np.ones(3, 'f4');"
        "before = len(store.entries()); fa.gumbel_softmax(x, rng=np.random.default_rng(0));"
        "fa.squared_error.value_and_grad(x, x); print(len(store.entries()) - before)"
    )
    done = run(command=[sys.executable, "-c", code], FASTACT_CACHE_DIR=str(tmp_path))
    assert done.stdout == "0\n"


def test_warmup_fails_where_nothing_would_be_kept(tmp_path):
    (tmp_path / "file").touch()
    result = run("warmup", "relu", FASTACT_CACHE_DIR=str(tmp_path / "file"))
    assert result.returncode == 1
    assert str(tmp_path / "file") in one_line(result)


@pytest.mark.parametrize(
    ("arguments", "name", "nearest"),
    [
        (["dmo"], "dmo", "demo"),
        (["xyz"], "xyz", ""),
        (["warmup", "relu", "sgmoid"], "sgmoid", "sigmoid"),
        (["warmup", "Sigmoid_Derivativ"], "Sigmoid_Derivativ", "sigmoid_derivative"),
        (["warmup", "--dtype", "flaot32"], "flaot32", "float32"),
        (["warmup", "--dtype", "float64,flaot32"], "flaot32", "float32"),
        (["plot", "softmax"], "softmax", "no function of one number"),
        (["info", "--jsn"], "--jsn", "--json"),
        (["warmup", "--jobs", "0"], "--jobs", ""),
    ],
)
def test_wrong_usage_is_answered_by_one_line(arguments, name, nearest):
    result = run(*arguments)
    assert result.returncode == 2
    line = one_line(result)
    assert name in line
    assert nearest in line.replace(name, "")


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("typer", ["info"], "cli"),
        ("rich", ["info"], "cli"),
        ("sklearn", ["demo"], "demo"),
        ("scipy", ["demo"], "demo"),
    ],
)
def test_missing_package_is_named_with_the_others_of_its_extra(module, arguments, extra):
    code = f"import sys; sys.modules[{module!r}] = None; from fastact.cli import main; exit(main())"
    result = run(*arguments, command=[sys.executable, "-c", code])
    assert result.returncode == 1
    named = {"cli": set(), "demo": set()}
    for requirement in requires("fastact"):
        package, _, condition = requirement.partition(";")
        if found := re.search(r"extra == .(cli|demo).", condition):
            named[found[1]].add(re.match(r"[\w-]+", package)[0])
    packages = named[extra] - {"fastact"} - (named["cli"] if extra != "cli" else set())
    assert one_line(result).rstrip().endswith(f"pip install {' '.join(sorted(packages))}")


def test_interrupted_demo_ends_quietly():
    pytest.importorskip("sklearn")
    process = subprocess.Popen(
        [*COMMAND, "demo", "--epochs", "1000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=PLAIN,
        start_new_session=True,
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (130, b"")


def test_interrupted_warmup_ends_quietly(tmp_path):
    status, output = in_terminal(
        "warmup", interrupt_at=b"Compiling", FASTACT_CACHE_DIR=str(tmp_path)
    )
    assert status == 130
    assert "Traceback" not in output


@pytest.mark.parametrize("arguments", [["info"], ["info", "--json"], ["--help"]])
def test_reader_that_has_gone(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        result = subprocess.run(
            [*COMMAND, *arguments],
            stdout=pipe,
            stderr=subprocess.PIPE,
            env=PLAIN,
            timeout=TIMEOUT,
            check=False,
        )
    assert (result.returncode, result.stderr) == (1, b"")


def test_help_and_version():
    for arguments in ([], ["--help"], ["-h"], ["demo", "--help"], ["warmup", "-h"], ["info", "-h"]):
        result = run(*arguments)
        assert (result.returncode, result.stderr) == (0, "")
        assert "Usage: " in result.stdout
    assert run("--version").stdout.startswith("fastact ")


@pytest.mark.parametrize(
    "command",
    ["", "demo", "info", "plot", "verify", "warmup", "bench", "bench compare", "bench report"],
)
def test_help_is_readable_at_80_columns(command, monkeypatch, capsys):
    from fastact.cli.app import app, get_command  # typer may be missing

    monkeypatch.setenv("COLUMNS", "80")
    get_command(app).main([*command.split(), "--help"], "fastact", standalone_mode=False)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if re.search(r"[^E]…", line)]  # NAME… is what it takes
    prose = [line for line in lines if line[:1] not in {"│", "╭", "╰"}]
    broken_early = [
        (line, after)
        for line, after in pairwise(prose)
        if line and after and len(line) + 1 + len(after.split()[0]) < 79
    ]
    assert not broken_early
