"""One-bit masks: the same values, the same gradients, 32 times less to save."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import fastact as fa
from fastact.native import loop_registry, threads
from tests.support.checks import assert_same_bits, named
from tests.support.reference import resolve
from tests.support.strategies import landmarks, mixed, parameter_sets

MASKED = [f for f in fa.activations.values() if f.declaration.masked]
OTHERS = [f for f in fa.activations.values() if not f.declaration.masked]
SIZES = (0, 1, 7, 8, 9, 31, 32, 33, 63, 100, 127, 128, 129, 4 * 128 + 37)

masked = pytest.mark.parametrize("f", MASKED, ids=lambda f: f.name)


def packed(bits):
    return np.packbits(bits, bitorder="little")


def inputs(f, dtype, params, size=2100):
    """Special values, and every kink with its neighbours."""
    return np.concatenate([mixed(dtype, size), np.array(landmarks(f, dtype, params), dtype)])


def wanted_bits(f, x, params):
    """Where the derivative is the first of the two values, or NaN."""
    slope, (first, _) = f.derivative(x, *params), f.declaration.masked
    return (slope == x.dtype.type(resolve(str(first), f, params))) | np.isnan(slope)


def check(f, x, params, dy=None):
    """Values, mask and gradient against the function, its derivative and `backward(x=)`."""
    y, mask = f.forward_with_mask(x, *params)
    x = np.asarray(x)
    assert_same_bits(y, f(x, *params), f.name)
    assert mask.dtype == np.uint8
    assert mask.tolist() == packed(wanted_bits(f, np.ravel(x), params)).tolist()
    dy = mixed(x.dtype, x.size, seed=1).reshape(x.shape) if dy is None else dy
    got = f.backward(dy, mask=mask, **named(f, params))
    wanted = f.backward(dy, x=np.where(np.isnan(x), x.dtype.type(np.inf), x), **named(f, params))
    numbers = ~np.isnan(x)
    assert_same_bits(np.asarray(got)[numbers], np.asarray(wanted)[numbers], f.name)
    return y, mask


@masked
def test_values_masks_and_gradients(f, dtype):
    for params in parameter_sets(f, dtype):
        check(f, inputs(f, dtype, params), params)


@masked
def test_two_values_are_all_there_are(f, dtype):
    for params in parameter_sets(f, dtype):
        x = inputs(f, dtype, params)
        slope = f.derivative(x[~np.isnan(x)], *params)
        values = np.array([resolve(str(v), f, params) for v in f.declaration.masked], dtype)
        assert np.isin(slope, values).all()


@masked
@pytest.mark.parametrize("size", SIZES)
def test_sizes(f, size):
    params = parameter_sets(f, "float32")[0]
    x = mixed("float32", 700)[:size]
    check(f, x, params)
    assert f.forward_with_mask(x, *params)[1].size == -(-size // 8)


@masked
def test_layouts(f, layout):
    """The mask belongs to the elements in C order, however they lie in memory."""
    from tests.support.strategies import LAYOUTS

    params = parameter_sets(f, "float32")[0]
    x = LAYOUTS[layout](mixed("float32", 700))
    y, mask = f.forward_with_mask(x, *params)
    plain = np.ascontiguousarray(x, "float32").reshape(x.shape)
    wanted, wanted_mask = check(f, plain, params)
    assert_same_bits(y, wanted, layout)
    assert (mask == wanted_mask).all()
    dy = LAYOUTS[layout](mixed("float32", 700, seed=3))
    got = f.backward(dy, mask=mask, **named(f, params))
    plain = np.ascontiguousarray(dy, "float32").reshape(dy.shape)
    assert_same_bits(got, f.backward(plain, mask=mask, **named(f, params)), layout)


@masked
def test_nan_is_in_the_value_and_passes_the_gradient(f, dtype):
    params = parameter_sets(f, dtype)[0]
    y, mask = f.forward_with_mask(np.full(40, np.nan, dtype), *params)
    assert np.isnan(y).all()
    assert mask.tolist() == [255] * 5
    dx = f.backward(np.full(40, 2, dtype), mask=mask, **named(f, params))
    assert (dx == dx.dtype.type(2 * resolve(str(f.declaration.masked[0]), f, params))).all()


@masked
def test_in_place(f, dtype):
    params = parameter_sets(f, dtype)[0]
    for size in SIZES:
        x, dy = inputs(f, dtype, params, 600)[:size], mixed(dtype, 600, seed=2)[:size]
        y, mask = f.forward_with_mask(x, *params)
        dx = f.backward(dy, mask=mask, **named(f, params))
        over, again = f.forward_with_mask(x, *params, out=x)
        assert over is x
        assert_same_bits(over, y)
        assert (again == mask).all()
        assert f.backward(dy, mask=mask, out=dy, **named(f, params)) is dy
        assert_same_bits(dy, dx)


def test_out_of_any_form():
    x, dy = mixed("float32", 700), mixed("float32", 700, seed=1)
    y, mask = fa.relu.forward_with_mask(x)
    dx = fa.relu.backward(dy, mask=mask)
    for out in (
        np.empty(1400, "f4")[::2],
        np.empty(700, "f4")[::-1],
        np.empty(700, ">f4"),
        np.empty(700, "f8"),
        np.empty(2801, "u1")[1:].view("f4"),
    ):
        assert fa.relu.forward_with_mask(x, out=(out,))[0] is out
        assert_same_bits(out.astype("f4"), y)
        assert fa.relu.backward(dy, mask=mask, out=out) is out
        assert_same_bits(out.astype("f4"), dx)


@pytest.mark.parametrize("shift", [-70, -1, 0, 1, 33])
def test_out_overlaps(shift):
    buffer = mixed("float32", 900)
    x, out = buffer[100:800], buffer[100 + shift : 800 + shift]
    y, mask = fa.relu.forward_with_mask(x.copy())
    got, found = fa.relu.forward_with_mask(x, out=out)
    assert_same_bits(got, y)
    assert (found == mask).all()
    buffer = mixed("float32", 900, seed=1)
    dy, out = buffer[100:800], buffer[100 + shift : 800 + shift]
    dx = fa.relu.backward(dy.copy(), mask=mask)
    assert_same_bits(fa.relu.backward(dy, mask=mask, out=out), dx)


@pytest.mark.parametrize("start", [0, 20])
def test_out_over_the_mask_and_a_parameter(start):
    x = mixed("float64", 160)
    _, mask = fa.relu.forward_with_mask(x)
    wanted = fa.relu.backward(x, mask=mask)
    out = np.empty(160)
    inside = out.view("u1")[start : start + 20]
    inside[...] = mask
    assert_same_bits(fa.relu.backward(x, mask=inside, out=out), wanted)
    slope = np.linspace(0.1, 0.9, 160)
    wanted = fa.prelu(x, slope[start])
    got, _ = fa.prelu.forward_with_mask(x, slope[start : start + 1], out=slope)
    assert_same_bits(got, wanted)


def test_threads_give_the_same_bits():
    size = 4 * min(threads.stats()["cutover"], 2**18) + 77
    x, dy = mixed("float32", size), mixed("float32", size, seed=1)
    found = []
    for count in (1, 2, 3, 7):
        with fa.num_threads(count):
            y, mask = fa.leaky_relu.forward_with_mask(x, 0.25)
            found.append((y, mask, fa.leaky_relu.backward(dy, mask=mask, negative_slope=0.25)))
    for y, mask, dx in found[1:]:
        assert_same_bits(y, found[0][0])
        assert (mask == found[0][1]).all()
        assert_same_bits(dx, found[0][2])


def test_array_parameters():
    x, dy = mixed("float32", 60 * 7).reshape(60, 7), mixed("float32", 60 * 7, 1).reshape(60, 7)
    x = np.nan_to_num(x, nan=1)
    for weight in (np.linspace(-1, 1, 7), np.linspace(-1, 1, 60)[:, None], [[0.5]], 0.5):
        weight = np.asarray(weight, "f4")  # noqa: PLW2901 (the same weight as an array)
        y, mask = fa.prelu.forward_with_mask(x, weight)
        assert_same_bits(y, fa.prelu(x, weight))
        assert_same_bits(
            fa.prelu.backward(dy, mask=mask, weight=weight),
            fa.prelu.backward(dy, x=x, weight=weight),
        )


def test_dtypes_as_of_the_function():
    one = np.ones(3, "f4")
    for x, slope in ((one, 0.5), (one, np.ones(3)), (np.arange(3), 0.5), (np.arange(3), one)):
        y, mask = fa.prelu.forward_with_mask(x, slope)
        assert y.dtype == fa.prelu(x, slope).dtype
        assert fa.prelu.backward(one, mask=mask, weight=slope).dtype == np.result_type(one, slope)
    assert fa.relu.backward([1, 2, 3], mask=mask).dtype == np.float64


def test_scalars():
    y, mask = fa.relu.forward_with_mask(np.float32(2))
    assert (type(y), y, mask.tolist()) == (np.float32, 2, [1])
    assert fa.relu.backward(np.float32(3), mask=mask) == 3
    assert fa.relu.forward_with_mask(-1.0)[1].tolist() == [0]
    out = np.empty((), "f4")
    assert fa.relu.forward_with_mask(np.float32(2), out=out)[0] is out


def test_parameters_that_the_mask_has_seen_are_not_asked_for():
    x = np.linspace(-2, 2, 50)
    _, mask = fa.threshold.forward_with_mask(x, 0.5, -3)
    assert (fa.threshold.backward(x, mask=mask) == x * (x > 0.5)).all()
    _, mask = fa.prelu.forward_with_mask(x, 0.5)
    with pytest.raises(TypeError, match="needs a value for weight"):
        fa.prelu.backward(x, mask=mask)


@pytest.mark.parametrize("f", OTHERS, ids=lambda f: f.name)
def test_functions_without_masks_say_so(f):
    for call in (
        lambda: f.forward_with_mask(np.ones(3)),
        lambda: f.backward(np.ones(3), mask=np.zeros(1, "u1")),
    ):
        with pytest.raises(TypeError, match=rf"{f.name}\..*functions with masks are .*relu"):
            call()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x, m: fa.relu.backward(x, mask=m[:-1]), ValueError, "shape"),
        (lambda x, m: fa.relu.backward(x, mask=np.append(m, 0).astype("u1")), ValueError, "shape"),
        (lambda x, m: fa.relu.backward(x, mask=m[None]), ValueError, "shape"),
        (lambda x, m: fa.relu.backward(x, mask=x > 0), TypeError, "uint8 .* got bool"),
        (lambda x, m: fa.relu.backward(x, mask=m.tolist()), TypeError, "uint8 .* got list"),
        (lambda x, m: fa.relu.backward(x, mask=m, x=x), TypeError, "exactly one"),
        (lambda x, m: fa.relu.backward(x, mask=m, y=x), TypeError, "exactly one"),
        (lambda x, m: fa.relu.backward(x, mask=m, slope=1), TypeError, "slope"),
        (lambda x, m: fa.relu.backward(x, mask=m, out=[1]), TypeError, "out must be an ndarray"),
        (lambda x, m: fa.relu.backward(x, mask=m, out=x[1:]), ValueError, "out must be .* shape"),
        (
            lambda x, m: fa.relu.forward_with_mask(x, out=x.astype(int)),
            TypeError,
            "out must be .*float64 can be cast to, got int64",
        ),
        (lambda x, m: fa.relu.forward_with_mask(x, 1.0), TypeError, "positional"),
        (
            lambda x, m: fa.relu.forward_with_mask(x.astype("g")),
            TypeError,
            "relu.*longdouble|float",
        ),
        (lambda x, m: fa.relu.forward_with_mask(x.astype("D")), TypeError, "complex128"),
        (lambda x, m: fa.relu.forward_with_mask(np.ma.array(x)), TypeError, "masked array"),
        (lambda x, m: fa.relu.forward_with_mask(np.array(["a"])), TypeError, "relu"),
        (lambda x, m: fa.hard_shrink.forward_with_mask(x, -1), ValueError, "lambd"),
        (lambda x, m: fa.prelu.forward_with_mask(x, np.ones(3)), ValueError, "broadcast"),
        (lambda x, m: fa.prelu.forward_with_mask(x[0], x), ValueError, "broadcast"),
    ],
)
def test_errors(call, error, text):
    x = np.linspace(-1, 1, 50)
    with pytest.raises(error, match=text):
        call(x, fa.relu.forward_with_mask(x)[1])


def test_out_that_is_read_only():
    out = np.empty(5)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        fa.relu.forward_with_mask(np.ones(5), out=out)


@masked
def test_loops_are_in_the_catalogue(f, dtype):
    assert loop_registry.get(f"{f.name}_forward_with_mask", dtype).function == f.name


def test_pickle_and_text():
    again = pickle.loads(pickle.dumps(fa.relu.forward_with_mask))
    assert again is fa.relu.forward_with_mask
    assert repr(again) == "<fastact.relu.forward_with_mask>"


def test_a_warm_store_needs_no_numba(python, tmp_path):
    code = "import fastact, sys; fastact.relu.forward_with_mask([1.0, -1.0])"
    python(code, FASTACT_CACHE_DIR=str(tmp_path / "store"))
    python(f"{code}; assert 'numba' not in sys.modules", FASTACT_CACHE_DIR=str(tmp_path / "store"))
