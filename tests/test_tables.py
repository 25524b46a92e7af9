"""The coefficients in the package are those that the Remez script makes."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from fastact import tables

from . import remez


@pytest.mark.parametrize("name", remez.tables())
def test_tables_are_reproduced(name):
    fit = remez.tables()[name]
    with mp.workprec(160):
        coefficients, _ = remez.remez(fit)
        wanted = [fit.dtype(mp.nstr(c, 25)) for c in coefficients]
    assert [float(c) for c in getattr(tables, name)] == [float(c) for c in wanted]
    assert isinstance(getattr(tables, name)[0], float if fit.dtype is np.float64 else np.float32)
