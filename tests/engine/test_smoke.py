"""One call of every kind has the right value: `pytest -m smoke`.

Tests of hazards run it where something is amiss with Numba, and in many threads.
"""

from __future__ import annotations

import pytest

from tests.hazards import scripts

pytestmark = pytest.mark.smoke
MADE: dict = {}
exec(scripts.PRELUDE, MADE)
CALLS = MADE["calls"]()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_of_every_kind(name):
    call, wanted = CALLS[name]
    MADE["right"](name, call(), wanted)
