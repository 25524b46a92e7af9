"""What the scripts call is compiled once, so that their time-outs are about hazards."""

from __future__ import annotations

import pytest

from tests.hazards.scripts import run


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    run("for name, (call, wanted) in calls().items(): right(name, call(), wanted)", timeout=900)
