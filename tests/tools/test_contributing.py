"""CONTRIBUTING.md, followed to the letter in a copy of the repository."""

from __future__ import annotations

import ast
import configparser
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import PACKAGE

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COPIED = ("bench", "docs", "tests", "tools", "pyproject.toml", "CONTRIBUTING.md", "README.md")

# By what is added: the section that tells how, the names that it makes, and the tests to run.
ALONG = ("tests/rowwise/test_softmax_family.py", "tests/in_njit/test_rows.py")
FACES = ("tests/tools/test_completeness.py", "tests/tools/test_face.py")
# What compares lists with the catalogue, whichever functions they are of.
LISTS = (
    "tests/tools/test_completeness.py", "tests/tools/test_bench.py", "tests/typing/test_types.py",
    "-k", "public or catalogue or every_re or every_function or everybod or everything or peers",
)  # fmt: skip
ADDITIONS = {
    "serf": ("an activation", ("serf",), ("tests/elementwise", "tests/in_njit", *FACES)),
    "shares_of_largest": ("a function along an axis", ("coldmax", "sparsemin"), (*ALONG, *FACES)),
    "poisson": ("a loss", ("poisson",), ("tests/losses", "tests/in_njit/test_losses.py", *FACES)),
}


def section(what):
    """The text of CONTRIBUTING.md on how to add something."""
    return GUIDE.split(f"## How to add {what}\n")[1].partition("\n## ")[0]


def edited(copy, edits):
    """Put what is added into a copy: each piece after a line, or at the end of the file."""
    for path, pieces in edits.items():
        file = copy / path
        text = file.read_text(encoding="utf-8")
        for after, piece in pieces.items():
            if after:
                assert text.count(after) == 1, (path, after)
                text = text.replace(after, after + piece)
            else:
                text = text.rstrip("\n") + "\n" + piece
        file.write_text(text, encoding="utf-8")


def run(copy, *command, check=True, **env):
    """Run Python in the copy, with the package of the copy and a store of its own."""
    known = {"PYTHONPATH": str(copy), "FASTACT_CACHE_DIR": str(copy / "store")}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=os.environ | known | env,
        capture_output=True, text=True, check=False, timeout=3000,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def copy(tmp_path):
    """The repository in a scratch directory."""
    for name in COPIED:
        take = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        take(ROOT / name, tmp_path / name)
    shutil.copytree(PACKAGE, tmp_path / "fastact")
    return tmp_path


def test_the_installation_has_what_the_daily_commands_need():
    """The extras are those of tox's tests and type check, and pip is one that knows --group."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    needed = {e for name in ("testenv", "testenv:type") for e in tox[name]["extras"].split()}
    upgrade, install = re.findall(
        r"^pip install (.*)$", GUIDE.partition("daily work")[2], re.MULTILINE
    )
    assert upgrade.startswith("--upgrade pip ")
    extras, group = re.fullmatch(r"--editable '\.\[(.*)\]' --group (\w+)", install).groups()
    assert needed <= set(extras.split(","))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(extras.split(",")) <= project["project"]["optional-dependencies"].keys()
    assert group in project["dependency-groups"]


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_is_edited_is_what_the_text_names(name):
    """Every file is named in the section, or is one of a folder that is named."""
    text = section(ADDITIONS[name][0])
    for path in importlib.import_module(f"tests.tools.additions.{name}").EDITS:
        assert path in text or f"`{Path(path).parent.as_posix()}/`" in text, path


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDITIONS)
def test_a_stranger_succeeds_with_the_text_alone(name, copy):
    """The edits, the commands that the text gives, all tests of the new functions, and of lists."""
    what, functions, tests = ADDITIONS[name]
    edited(copy, importlib.import_module(f"tests.tools.additions.{name}").EDITS)
    made = re.findall(r"tools\.remez (\w+) >> (\S+)`", section(what))
    for _, path in made:
        roots = re.findall(
            r'^    "(SERF_\w+)": \(', (copy / "tools/remez.py").read_text(), re.MULTILINE
        )
        with (copy / path).open("a", encoding="utf-8") as file:
            file.write(run(copy, "-m", "tools.remez", *roots))
    ran = run(
        copy, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-p", "no:xdist",
        "-k", " or ".join(functions), *tests, FASTACT_TEST_PROFILE="dev",
    )  # fmt: skip
    passed = set(re.findall(r"^PASSED .*::(\w+)", ran, re.MULTILINE))
    assert {check for check in wanted(what) if not any(check in one for one in passed)} == set()
    for function in functions:
        assert len(re.findall(rf"^PASSED .*\b{function}\b", ran, re.MULTILINE)) > 50
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *LISTS)
    warm = run(copy, "-c", COUNT, *functions)
    assert ast.literal_eval(warm) == dict.fromkeys(functions, True)
    if find_spec("matplotlib"):  # of the extra `plot`
        run(copy, "-c", DRAW, *functions)
        assert all((copy / f"{function}.svg").exists() for function in functions)


# Whether a function is among what `fastact warmup` compiles and the benchmarks measure.
COUNT = """
import sys
from fastact.benchmarks.cases import cases
from fastact.catalogue import catalogue
from fastact.native import loop_registry
loops = {loop.function for loop in loop_registry.loops()}
measured = {case.function for case in cases()}
print({n: loops >= {*catalogue[n].owners} and n in measured for n in sys.argv[1:]})
"""

# The pictures of the documentation's pages.
DRAW = """
import sys
from pathlib import Path
sys.path.append("docs")
import pictures
from fastact.catalogue import catalogue
for name in sys.argv[1:]:
    pictures.draw(catalogue[name], Path(f"{name}.svg"))
"""


def wanted(what):
    """Values against mpmath, gradients by differences, backward, threads, inside of njit."""
    return {
        "an activation": {
            "test_on_the_sample", "finite_differences", "test_backward_is_the_product", "cutover",
            "test_every_function", "test_scalars_in_a_loop",
        },
        "a function along an axis": {
            "test_values", "finite_differences", "test_products_are_those", "threads",
            "test_values_and_gradients",
        },
        "a loss": {
            "of_the_reference", "finite_differences", "threads", "test_loss_and_gradient",
        },
    }[what]  # fmt: skip
