"""The page on reliability has a row for every test of a hazard."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = runpy.run_path(str(ROOT / "docs" / "reliability.py"))
ENGINE = ("environment", "store", "threads", "threads_in_processes")


def names():
    files = [*(ROOT / "tests/hazards").glob("test_*.py")]
    files += [ROOT / f"tests/engine/test_{each}.py" for each in ENGINE]
    for path in files:
        if path.name != "test_reliability.py":
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            tree = ast.parse(path.read_text(encoding="utf-8")).body
            for each in tree:
                if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
                    yield f"{module}::{each.name}"


def test_every_test_has_a_row_and_every_row_a_test():
    assert [name for name in names() if not PAGE["rows_of"](name)] == []
    without = [r.hazard for r in PAGE["ROWS"] if not any(n.startswith(r.tests) for n in names())]
    assert without == []


def test_every_hazard_has_tests_that_there_are():
    for test in (test for tests in PAGE["HAZARDS"].values() for test in tests):
        module, _, name = PAGE["full_name"](test).partition("::")
        text = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
        assert f"def {name or 'test_'}" in text, test
    assert len(PAGE["HAZARDS"]) == 29


def test_the_page_has_these_rows_and_nothing_failed():
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    made = PAGE["page"]({"tests.hazards.test_forks::test_a[1]": "passed"}, "1")
    shape = [line.split(" | ")[:2] for line in made.splitlines() if line.startswith("| ")]
    assert shape == [line.split(" | ")[:2] for line in text.splitlines() if line.startswith("| ")]
    assert " 0 failed" in text
