"""The conventions are those of the declarations, and the pages made of them are current."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import fastact as fa
from fastact.catalogue import catalogue

PACKAGES = ("awkward", "dask.array", "pandas", "polars", "pyarrow", "sparse", "xarray")
DOCS = Path(__file__).parents[2] / "docs"


def script(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    return [c for c in fa.conventions() if c.function == name]


def test_every_kink_and_every_other_default_has_a_row(f):
    found = rows(f.name)
    assert len(found) == len(f.kinks) + sum(bool(p.elsewhere) for p in f.params)
    others = [dict(k.elsewhere) for k in (*f.params, *f.kinks) if k.elsewhere]
    assert [set(c.elsewhere) for c in found if c.elsewhere] == [set(each) for each in others]


def test_a_row_says_what_and_where():
    (row,) = rows("relu")
    assert row[:3] == ("relu", "derivative at x = 0", "0")
    assert row.elsewhere["jax.numpy.maximum"] == "0.5"
    slope, kink = rows("leaky_relu")
    assert (slope.what, slope.ours) == ("default of negative_slope", "0.01")
    assert slope.elsewhere["keras"] == "0.2"
    assert (kink.ours, kink.elsewhere) == ("negative_slope", {"jax": "1"})


def test_long_expressions_are_shown_by_their_value():
    assert [c.what for c in rows("hard_sigmoid")][-2:] == [
        "derivative at x = -3",
        "derivative at x = 3",
    ]


def test_as_text_it_is_a_table():
    table = fa.conventions()
    lines = str(table).splitlines()
    assert lines[0].split() == ["function", "what", "here", "elsewhere"]
    assert len(lines) == 1 + len(table)
    assert all(line == line.rstrip() for line in lines)
    markdown = table.markdown().splitlines()
    assert {line.replace(r"\|", "").count("|") for line in markdown} == {5}
    assert markdown[1] == "| --- | --- | --- | --- |"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("architecture", "page"),
        ("containers", "page"),
        ("conventions", "page"),
        ("gallery", "text"),
        ("output", "page"),
    ],
)
def test_the_page_is_current(name, make):
    """If this fails: ``python docs/conventions.py``, and so on."""
    for package in PACKAGES if name == "containers" else ():
        pytest.importorskip(package, reason="the extra `containers` has it: tox -e peers")
    made = getattr(script(name), make)()
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == made


def test_the_list_of_functions_in_the_readme_is_current(monkeypatch):
    """If this fails: ``python docs/contents.py``."""
    monkeypatch.syspath_prepend(DOCS)
    contents = script("contents")
    text = contents.README.read_text(encoding="utf-8")
    assert contents.PLACE.search(text)
    assert contents.readme(text) == text
    named = [entry.name for entries in contents.groups().values() for entry in entries]
    assert sorted(named) == sorted(catalogue)


def test_every_picture_of_the_gallery_is_there_and_small():
    families = script("gallery").families()
    pictures = {path.stem: path.stat().st_size for path in (DOCS / "gallery").iterdir()}
    assert set(pictures) == set(families)
    assert sum(pictures.values()) < 2**20
