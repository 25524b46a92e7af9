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
    found = list(map(float, getattr(tables, name)))
    if fit.in_order and fit.dtype is np.float64:
        # The last digits are those of a linear programme in float64, which other processors and
        # versions of SciPy solve otherwise; the polynomial is as good.
        assert found == pytest.approx(values, rel=1e-9)
    else:
        assert found == values
    assert list(getattr(tables, f"{name}_LOW", ())) == low
    assert isinstance(getattr(tables, name)[0], float if fit.dtype is np.float64 else np.float32)


@pytest.mark.parametrize("name", remez.ROOTS)
def test_roots_are_reproduced(name):
    assert list(getattr(tables, name)) == remez.root_parts(name)
