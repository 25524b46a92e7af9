"""The recipe for PyTensor in the documentation, with the real library: `tox -e pytensor`."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import fastact as fa
from tests.in_njit.support import assert_same

pytensor = pytest.importorskip("pytensor", reason="PyTensor pins another Numba")

PAGE = Path(__file__).parents[2] / "docs" / "pytensor.md"


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
@pytest.mark.parametrize("name", ["scalar", "fvector", "matrix"])
def test_recipe(mode, name):
    """Values and gradients in compiled graphs and in Python ones."""
    space = {}
    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1], space)
    x = getattr(pytensor.tensor, name)("x")
    y = space["gelu"](x)
    f = pytensor.function([x], [y, pytensor.grad(y.sum(), x)], mode=mode)
    value = np.random.default_rng(0).normal(size=(3, 4)[: x.ndim]).astype(x.dtype)
    for got, wanted in zip(f(value), (fa.gelu(value), fa.gelu.derivative(value)), strict=True):
        assert_same(got, wanted)
