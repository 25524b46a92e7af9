"""What is handed out: the source distribution is the repository, and the README reads alone."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What the commands of README and CONTRIBUTING name, and what those need.
NEEDED = [
    ".ci/bootstrap.py", ".ci/exhaustive.py", ".ci/run", "CHANGELOG.md", "CONTRIBUTING.md",
    "LICENSE", "README.md", "bench/claims.py", "docs/index.md", "docs/tails.png",
    "fastact/native/glue.c", "fastact/native/glue.ll", "fastact/native/pool.c",
    "fastact/native/pool.ll", "fastact/ulps.json", "pyproject.toml", "tests/conftest.py",
    "tools/interfaces.py", "tox.ini",
]  # fmt: skip


def run(folder, *command):
    """Run Python in a folder, and return what it says."""
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The source distribution, made and unpacked."""
    place = tmp_path_factory.mktemp("dist")
    status, said = run(ROOT, "-m", "hatchling", "build", "-t", "sdist", "-d", str(place))
    assert status == 0, said
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(place, filter="data")
    (folder,) = (each for each in place.iterdir() if each.is_dir())
    return folder


def test_the_source_distribution_has_what_the_commands_need(unpacked):
    assert [name for name in NEEDED if not (unpacked / name).is_file()] == []
    kept = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    wanted = kept.stdout.split("\n")[:-1]  # none where this is no repository
    assert [name for name in wanted if not (unpacked / name).exists()] == []


def test_commands_begin_in_the_source_distribution(unpacked):
    """As far as they get without an index: to what they take, and to the installed command."""
    status, said = run(unpacked, ".ci/bootstrap.py")
    assert (status, said.strip()) == (
        1, "usage: python3 .ci/bootstrap.py {fastact,tox} [argument ...]"
    )  # fmt: skip
    status, said = run(unpacked, "-m", "fastact", "info")
    assert status == 0, said
    assert str(unpacked) in run(unpacked, "-c", "import fastact; print(fastact.__file__)")[1]
    status, said = run(unpacked, "-m", "pytest", "-q", "--collect-only", "tests/tools")
    assert status == 0, said[-2000:]


def test_the_readme_of_a_package_needs_no_file_beside_it(unpacked):
    """An index shows it alone: no picture and no link leads to a file of the repository."""
    status, said = run(unpacked, "-m", "hatchling", "build", "-t", "wheel", "-d", str(unpacked))
    assert status == 0, said
    (wheel,) = unpacked.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        (name,) = (each for each in file.namelist() if each.endswith("/METADATA"))
        text = Parser().parsestr(file.read(name).decode()).get_payload()
    source = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?:|#)", source) != []
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []
    assert text.count("```") == source.count("```")
    assert "*The ratios of all cells, by group*" in text


def needed(package):
    """The packages that one needs at run time, itself among them."""
    found = {package}
    for line in metadata.requires(package) or []:
        if "extra ==" not in line:
            found |= needed(re.split(r"[^\w-]", line, maxsplit=1)[0])
    return found


def licences(package):
    """What the metadata of a package name; older ones do so in classifiers."""
    told = metadata.metadata(package)
    if expression := told.get("License-Expression"):
        return set(expression.split(" AND "))
    names = (each.split(" :: ") for each in told.get_all("Classifier"))
    return {last for first, *_, last in names if first == "License"}


PERMISSIVE = {
    "BSD License", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "MIT", "Zlib", "CC0-1.0",
    "Apache-2.0 WITH LLVM-exception",
}  # fmt: skip


def test_dependencies_have_permissive_licences():
    """And there are no others than the security page names."""
    assert needed("fastact") == {"fastact", "numba", "numpy", "llvmlite"}
    for package in needed("fastact"):
        assert licences(package), package
        assert licences(package) <= PERMISSIVE, package
