"""The coefficients in the package are those that the Remez script makes."""

from __future__ import annotations

import numpy as np
import pytest

from fastact.numerics import tables
from tools import remez


@pytest.mark.parametrize("name", remez.tables())
def test_tables_are_reproduced(name):
    fit = remez.tables()[name]
    values, low, _ = remez.rounded(fit)
    assert list(map(float, getattr(tables, name))) == values
    assert list(getattr(tables, f"{name}_LOW", ())) == low
    assert isinstance(getattr(tables, name)[0], float if fit.dtype is np.float64 else np.float32)


@pytest.mark.parametrize("name", remez.ROOTS)
def test_roots_are_reproduced(name):
    assert list(getattr(tables, name)) == remez.root_parts(name)
