"""Every script of the repository runs, in a copy that it may write to."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import PACKAGE

ROOT = Path(__file__).parents[2]
FOLDERS = ("bench", "fastact/benchmarks", "docs", "tools", ".ci", "tests/support")
COPIED = ("bench", "docs", "tests", "tools", ".ci", "pyproject.toml", "CONTRIBUTING.md",
          "README.md", "CHANGELOG.md", "tox.ini")  # fmt: skip
PLOTS, BENCH = ("matplotlib",), ("typer", "rich")

# By the script: how it is started so that it is soon over, and the packages that it needs. What
# takes minutes (pictures of errors, verification of every float32) is only loaded; other tests
# compare what the others write with what is checked in.
RUNS = {
    ".ci/bootstrap.py": (("-c", "import runpy; runpy.run_path('.ci/bootstrap.py')"), ()),
    ".ci/exhaustive.py": (("-c", "import runpy; runpy.run_path('.ci/exhaustive.py')"), ()),
    "bench/__main__.py": (("-m", "bench", "--help"), BENCH),
    "bench/claims.py": (("-m", "bench.claims", "--quick"), BENCH),
    "bench/first_calls.py": (
        ("-m", "bench.first_calls", "import", "--processes", "1", "--beside", "."),
        (),
    ),
    "bench/inside.py": (("-m", "bench.inside", "--quick"), (*BENCH, "numba")),
    "bench/large.py": (("-m", "bench.large", "--quick"), BENCH),
    "bench/limits.py": (("-m", "bench.limits", "relu", "--quick"), (*BENCH, "numba")),
    "bench/memory.py": (("-m", "bench.memory", "--rows", "64"), ()),
    "bench/noise.py": (("-m", "bench.noise", "--help"), BENCH),
    "bench/options.py": (("-m", "bench.options", "logmeanexp"), BENCH),
    "bench/rows.py": (("-m", "bench.rows", "--quick"), BENCH),
    "docs/architecture.py": (("docs/architecture.py",), ()),
    "docs/bad_calls.py": (("docs/bad_calls.py",), ()),
    "docs/benchmarks.py": (("-c", "import runpy; runpy.run_path('docs/benchmarks.py')"), ()),
    "docs/containers.py": (("-c", "import runpy; runpy.run_path('docs/containers.py')"), ()),
    "docs/contents.py": (("docs/contents.py",), ()),
    "docs/conventions.py": (("docs/conventions.py",), ()),
    "docs/errors.py": (("-c", "import runpy; runpy.run_path('docs/errors.py')"), PLOTS),
    "docs/gallery.py": (("docs/gallery.py",), PLOTS),
    "docs/output.py": (("-c", "import runpy; runpy.run_path('docs/output.py')"), ()),
    "docs/picture.py": (("docs/picture.py",), PLOTS),
    "docs/reliability.py": (("-c", "import runpy; runpy.run_path('docs/reliability.py')"), ()),
    "docs/ulps.py": (("docs/ulps.py",), ()),
    "fastact/benchmarks/compiling.py": (
        ("-m", "fastact.benchmarks.compiling", "float32", "relu"),
        ("numba",),
    ),
    "tests/support/bits.py": (("-m", "tests.support.bits", "relu", "float32"), ()),
    "tools/coverage.py": (("-c", "import tools.coverage"), ()),
    "tools/interfaces.py": (("tools/interfaces.py",), ()),
    "tools/native_ir.py": (("tools/native_ir.py", "--help"), ()),
    "tools/remez.py": (("-m", "tools.remez", "SILU_ROOT"), ()),
}
# Programs that a package of Debian's has, `llvm`.
PROGRAMS = {"bench/limits.py": ("llvm-mca", "llvm-objdump")}
# These end with 1 if a claim does not hold.
MEASURING = {f"bench/{name}.py" for name in ("claims", "inside", "options", "rows")}


def scripts():
    """The files that can be started."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any("__main__" in ast.unparse(n) for n in tree.body if isinstance(n, ast.If)):
                yield path.relative_to(ROOT).as_posix()


def test_every_script_is_run():
    assert sorted(scripts()) == sorted(RUNS)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The repository in a scratch directory."""
    folder = tmp_path_factory.mktemp("scripts")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    shutil.copytree(PACKAGE, folder / "fastact")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("script", RUNS)
def test_it_runs(script, copy):
    command, needed = RUNS[script]
    if missing := [name for name in needed if not find_spec(name)]:
        pytest.skip(f"{script} needs {', '.join(missing)}, of the extras `bench` and `plot`")
    if missing := [name for name in PROGRAMS.get(script, ()) if not shutil.which(name)]:
        pytest.skip(f"{script} needs {', '.join(missing)}: apt install llvm")
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    good = {0, 1} if script in MEASURING else {0}
    assert done.returncode in good, done.stdout[-1000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is there: nothing to say")
@pytest.mark.skipif(find_spec("rich") is None, reason="the tables are of the extra `bench`")
def test_rows_tells_what_is_not_installed(copy):
    """Without the packages to compare with the script measures nothing beside them, and says so."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.rows", "--quick"], cwd=copy, check=False, timeout=900,
        env=os.environ | {"PYTHONPATH": str(copy)}, capture_output=True, text=True,
    )  # fmt: skip
    assert "not installed, so no claim beside it was measured: torch" in done.stdout
