"""Each function is compiled by one worker; at the end, the largest errors of the peers."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)
        line = callspec.params.get("line") if callspec else None
        if line is not None:
            item.add_marker(pytest.mark.xdist_group(line.ours))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    found = [value for r in passed for name, value in r.user_properties if name == "largest"]
    wrong = sorted((row for row in found if row[1]), reverse=True)
    if wrong:
        terminalreporter.section("largest errors of the peers where they disagree, in ulp")
    for largest, place, what in wrong:
        terminalreporter.write_line(f"{largest:9.3g}  {what} as {place}")
