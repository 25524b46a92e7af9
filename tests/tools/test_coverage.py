"""What `tox -e coverage` leaves out: functions that Numba compiled, with their decorators."""

from __future__ import annotations

import json

from tools import coverage

SOURCE = """\
@kernel
def decorated(x):
    return x


def factory():
    def inner(x):
        return (
            x
        )

    return inner
"""


def test_compiled_functions_are_found_whole(tmp_path):
    file = tmp_path / "source.py"
    file.write_text(SOURCE, encoding="utf-8")
    told = [(str(file), 1, "decorated"), (str(file), 7, "factory.<locals>.inner")]
    for k, each in enumerate(told):  # a worker each
        (tmp_path / f"compiled.{k}.json").write_text(json.dumps([each]), encoding="utf-8")
    first = coverage.compiled(tmp_path)[str(file)]
    found = dict(coverage.bodies(file, first))
    assert found == {"decorated": range(1, 4), "factory.<locals>.inner": range(7, 11)}


def test_numbers_of_lines_are_told_as_runs():
    assert coverage.runs([3, 4, 5, 8]) == "3-5, 8"
    assert not coverage.runs([])


def test_the_report_counts_and_names():
    modules = [coverage.Module("a.py", 30, [3, 4], ["f"]), coverage.Module("b.py", 10, [], [])]
    lines = list(coverage.report(modules))
    assert lines[1].split() == ["a.py", "30", "2", "3-4"]
    assert lines[3].split() == ["all", "40", "2", "95.0", "%", "run"]
    assert lines[-1] == "a.py: f"
