"""How much is tested: the profile that `FASTACT_TEST_PROFILE` names, and its parts.

``dev`` draws little, ``ci`` more, and the same every time, ``long`` for hours. ``brief`` is for
other versions of Python and NumPy, which do not decide what formulas give: a part of the catalogue
and of the cases of each test, and on each Python another part.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TypeVar

DEFAULT = "ci" if os.environ.get("CI") else "dev"
PROFILE = os.environ.get("FASTACT_TEST_PROFILE", DEFAULT)
BRIEF = PROFILE == "brief"
PYTHON = sys.version_info.minor

T = TypeVar("T")


def part(values: Iterable[T], parts: int, start: int = 0) -> list[T]:
    """All values; under `brief` one of so many parts, on the next Python another one."""
    every = list(values)
    return every[(PYTHON + start) % parts :: parts] if BRIEF else every
