"""softmax and log-softmax by every way through memory: tiles, rows, columns, pieces on threads."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from tests.support.checks import assert_same_bits

LONG = 2**16  # elements from which on a row goes in pieces
FUNCTIONS = [fa.softmax, fa.log_softmax]
BOUND = {"float16": 1.0, "float32": 2.0, "float64": 3.0}

over_functions = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)


def truth(function, x):
    """In longdouble, with the conventions for rows that have no mass or infinite elements."""
    wide = x.astype(np.longdouble)
    most = wide.max(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        shifted = np.where(wide == most, 0, wide - most)
        others = np.where(wide == most, 0, np.exp(shifted)).sum(axis=-1, keepdims=True)
        ties = (wide == most).sum(axis=-1, keepdims=True)
        log_p = np.where(most == -np.inf, -np.inf, shifted - np.log1p(others + (ties - 1)))
    return log_p if function is fa.log_softmax else np.exp(log_p)


def check(function, x):
    """Compare with the truth, whatever the number of threads and the layout."""
    with fa.num_threads(1):
        y = function(x)
    true = truth(function, x)
    with np.errstate(all="ignore"):
        error = np.abs(y - true) / np.spacing(np.abs(true).astype(x.dtype)).astype(np.longdouble)
        correct = (y == true.astype(x.dtype)) | (np.isnan(y) & np.isnan(true))
    error = error[~correct]
    assert error.max(initial=0) <= BOUND[x.dtype.name]
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x.copy()):
        with fa.num_threads(2):
            assert_same_bits(np.array(function(other)), y)
    return y


@over_functions
@pytest.mark.parametrize("n", [LONG - 1, LONG, LONG + 1, 5 * LONG + 12_345])
def test_long_rows(function, dtype, n):
    x = np.random.default_rng(n).normal(0, 3, (2, n)).astype(dtype)
    check(function, x)
    check(function, x[:1])


@over_functions
def test_pieces_without_mass_and_with_infinities(function, dtype):
    x = np.random.default_rng(1).normal(0, 3, (5, 3 * LONG)).astype(dtype)
    x[0, : LONG // 2] = -np.inf
    x[1, 7] = x[1, -7] = np.inf
    x[2] = -np.inf
    x[3, LONG:] = -1e4
    y = check(function, x)
    assert not np.isnan(y).any()
    x[2, 2 * LONG] = x[4, 9] = np.nan
    assert np.isnan(function(x)).all(axis=1).tolist() == [False, False, True, False, True]


@over_functions
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 100, 2047, 2049])
@pytest.mark.parametrize("rows", [1, 2, 16, 17, 33])
def test_every_way_gives_the_same_bits(function, dtype, rows, n):
    check(function, np.random.default_rng(n).normal(0, 3, (rows, n)).astype(dtype))


@over_functions
@pytest.mark.parametrize(
    "row",
    [
        [3e9, 0], [1e10, 1, 2], [1e38, -1e38], [3.4e38, -3.4e38, 0], [-1e30, -1e30, -2e30],
        [1e17, 1e17 - 64, 0.5], [-3e38, 3e38, -np.inf], [88.8, -88.8], [0, -103.9, -104.1],
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("rows", [1, 17])
def test_large_differences(function, row, rows):
    for dtype in ("float32", "float64"):
        check(function, np.tile(np.array(row, dtype), (rows, 1)))


def test_long_rows_in_place(dtype):
    x = np.random.default_rng(2).normal(0, 3, (1, 2 * LONG)).astype(dtype)
    wanted = fa.softmax(x)
    assert fa.softmax(x, out=x) is x
    assert_same_bits(x, wanted)


TOPS = {"float32": (2.0**16, 1e5, 1e30), "float64": (2.0**28, 1e12, 1e300)}


@over_functions
@pytest.mark.parametrize("name", TOPS)
@pytest.mark.parametrize("n", [1, 10, 20, 100, 1000, 5000, LONG + 1])
def test_maxima_of_any_size(function, name, n):
    """Exponentials are made by a quicker way below a limit, in each row by itself."""
    rng, dtype = np.random.default_rng(n), np.dtype(name)
    limit, *tops = TOPS[name]
    below = np.nextafter(dtype.type(limit), dtype.type(0))
    for sign in (1, -1):
        centres = sign * np.array([limit, below, 3.0, *tops])
        x = (centres[:, None] + rng.normal(0, 3, (5, n))).astype(dtype)
        x[:, 0] = centres
        check(function, x)


@over_functions
@pytest.mark.parametrize("name", TOPS)
def test_pieces_with_maxima_of_any_size(function, name):
    """The largest is that of the row; elsewhere a piece may be far below the limit, or above."""
    limit = TOPS[name][0]
    x = np.random.default_rng(1).normal(0, 3, (4, 3 * LONG)).astype(name)
    x[0, : LONG // 2] = -2 * limit
    x[1, 3] = 2 * limit
    x[2, LONG:] = 0.9 * limit
    x[3, :LONG] += 0.5 * limit
    x[3, LONG:] -= 0.5 * limit
    check(function, x)
