"""Whatever NumPy's own ufuncs do with layouts, types and containers, these do too, bit for bit."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastact as fa
from tests.support.checks import VARIETIES, apply, assert_same_bits, backward, named
from tests.support.strategies import (
    LAYOUTS,
    at_byte,
    mixed,
    needed,
    parameter_sets,
    stepped,
    window,
    windows,
)

BUFFER = 6000
STEPS = (1, 2, 3, -1, -2, -3)

# What moves data to the scalar function and back is generated from the number of operands; what
# NumPy does before knows nothing else. So every layout is tried on the first function of each kind,
# and one that takes all of the ways through a loop on every function.
FUNCTIONS = [g for f in fa.activations.values() for g in f._functions()]
OUTPUTS = {"value_and_derivative": 2}
KINDS = {(g._nin, len(g.params), OUTPUTS.get(g._variety, 1)): g for g in reversed(FUNCTIONS)}
by_kind = pytest.mark.parametrize("function", KINDS.values(), ids=lambda g: g.name)
FORWARD = {len(f.params): f for f in reversed(fa.activations.values())}
by_number_of_parameters = pytest.mark.parametrize("f", FORWARD.values(), ids=lambda f: f.name)


def call(function, *data, **kwargs):
    """The results of a ufunc as a tuple; its last inputs are the parameters' defaults."""
    found = function.ufunc(*data, *(p.typical for p in function.params), **kwargs)
    return found if isinstance(found, tuple) else (found,)


def data_for(function, x):
    """One array for each input that is not a parameter."""
    return [np.roll(x, 7 * i) for i in range(function._nin - len(function.params))]


def contiguous(x):
    """The same values in native byte order, contiguous and aligned."""
    return np.array(x, x.dtype.newbyteorder("="), order="C")


def test_contiguous_and_not(function, dtype):
    """Strides of both signs and none, several blocks, a length that is no multiple of a vector."""
    data = data_for(function, mixed(dtype, 701))
    wanted = call(function, *data)
    apart = [stepped(data[0], -3), *(at_byte(x, 1) for x in data[1:])]
    out = tuple(stepped(np.zeros_like(y), 2) for y in wanted)
    for got, same in zip(call(function, *apart, out=out), wanted, strict=True):
        assert_same_bits(contiguous(got), same, function.name)
    for got, same in zip(call(function, *(x[:1] for x in data)), wanted, strict=True):
        assert_same_bits(got, same[:1], function.name)


@by_kind
def test_every_layout(function, dtype, layout):
    data = [LAYOUTS[layout](x) for x in data_for(function, mixed(dtype, 701))]
    wanted = call(function, *map(contiguous, data))
    for got, same in zip(call(function, *data), wanted, strict=True):
        assert_same_bits(got, same, (function.name, layout))


WRITABLE = ["every second", "negative stride", "misaligned", "byte-swapped", "Fortran"]


@by_kind
@pytest.mark.parametrize("layout", WRITABLE)
def test_out_of_every_layout(function, dtype, layout):
    place = LAYOUTS[layout]
    data = [np.resize(x, place(x).shape) for x in data_for(function, mixed(dtype, 700))]
    wanted = call(function, *data)
    out = tuple(place(np.zeros(700, dtype)) for _ in wanted)
    for got, given_out, same in zip(call(function, *data, out=out), out, wanted, strict=True):
        assert got is given_out
        assert_same_bits(contiguous(got), same, (function.name, layout))


@by_number_of_parameters
@given(data=st.data())
def test_any_strides(f, dtype, data):
    buffer = mixed(dtype, BUFFER)
    shape = data.draw(st.lists(st.integers(0, 6), max_size=3).map(tuple), "shape")
    x = window(buffer, shape, data.draw(windows(shape, (*STEPS, 0), BUFFER), "x"))
    assert_same_bits(f(x, **needed(f)), f(contiguous(x), **needed(f)))


@by_number_of_parameters
@given(data=st.data())
def test_any_overlap(f, dtype, data):
    """`out` a window of the buffer that `x` is a window of: as if `x` had been copied before."""
    buffer = mixed(dtype, BUFFER)
    shape = data.draw(st.lists(st.integers(1, 6), max_size=3).map(tuple), "shape")
    x, out = (
        window(buffer, shape, data.draw(windows(shape, STEPS, BUFFER), n)) for n in ("x", "out")
    )
    wanted = f(contiguous(x), **needed(f))
    f(x, out=out, **needed(f))
    assert_same_bits(np.array(out), wanted)


@by_kind
@pytest.mark.parametrize(("dtype", "size"), [("float16", 70), ("float32", 100), ("float64", 37)])
def test_every_shift_of_out_against_x(function, dtype, size):
    for shift in range(-20, 21):
        buffer = mixed(dtype, size + 40)
        x, out = buffer[20 : 20 + size], buffer[20 + shift : 20 + shift + size]
        data = [x, *data_for(function, x)[1:]]
        wanted = call(function, *map(np.copy, data))
        outs = (out, *map(np.empty_like, wanted[1:]))
        for got, same in zip(call(function, *data, out=outs), wanted, strict=True):
            assert_same_bits(got, same, (function.name, dtype, shift))


@by_kind
def test_where(function, dtype):
    data = data_for(function, mixed(dtype, 501))
    mask = np.random.default_rng(0).random(501) < 0.5
    plain, seven = call(function, *data), np.dtype(dtype).type(7)
    out = tuple(np.full(501, seven) for _ in plain)
    for got, everywhere in zip(call(function, *data, out=out, where=mask), plain, strict=True):
        assert_same_bits(got, np.where(mask, everywhere, seven), function.name)


def test_where_in_the_public_call(f):
    x, mask, out = np.linspace(0.1, 0.9, 5), np.array([1, 0, 1, 0, 1], bool), np.zeros(5)
    for variety in VARIETIES:
        assert apply(f, variety, x, where=mask, out=out) is out
        assert_same_bits(out[mask], apply(f, variety, x)[mask])


def test_dtype_and_casting(f):
    x, given = mixed("float32", 100), needed(f)
    wide = x.astype("float64")
    with np.errstate(all="ignore"):
        assert_same_bits(f(x, dtype="float64", **given), f(wide, **given))
        assert_same_bits(f(wide, dtype="float32", **given), f(x, **given))
    for casting in ("safe", "no"):
        with pytest.raises(TypeError):
            f(wide, casting=casting, dtype="float32", **given)


def test_out_of_another_type(f):
    x = np.linspace(0.1, 0.9, 50, dtype="f4")
    wide = f(x, out=np.empty(50, "f8"), **needed(f))
    assert wide.dtype == "f8"
    with pytest.raises(TypeError, match=f.name):
        f(x, out=np.empty(50, "i4"), **needed(f))


def test_out_that_does_not_fit(f):
    for wrong in (np.empty(4), np.empty((5, 2)), np.broadcast_to(0.0, 5), [0.0] * 5):
        with pytest.raises((TypeError, ValueError)):
            f(np.linspace(0.1, 0.9, 5), out=wrong, **needed(f))


def test_broadcasting_of_parameters(f, dtype):
    x = np.array([[0.25], [0.5]], dtype)
    sets = parameter_sets(f, dtype)
    columns = [np.array(column, dtype) for column in zip(*sets, strict=True)]
    got = f(x, *columns)
    assert got.shape == (2, len(sets))
    assert got.dtype == dtype
    for column in range(got.shape[1]):
        assert_same_bits(got[:, column], f(x[:, 0], *[c[column] for c in columns]))


def test_parameters_by_position_and_by_name(f, dtype):
    x, other = mixed(dtype, 50), parameter_sets(f, dtype)[-1]
    by_name = named(f, other)
    assert_same_bits(f(x, **by_name), f(x, *other))
    assert_same_bits(f.derivative(x, **by_name), f.derivative(x, *other))
    assert f(x, **by_name).dtype == dtype
    with pytest.raises(TypeError):
        f(x, no_such_parameter=1.0, **needed(f))


def test_scalars_as_numpy_does(f, variety):
    for scalar in (0.5, np.float32(0.5), np.float16(0.5), 1, True, np.array(0.5, "f4")):
        wanted = np.tanh(scalar) if np.asarray(scalar).dtype.kind == "f" else np.float64(0)
        assert type(apply(f, variety, scalar)) is type(wanted), repr(scalar)


def test_zero_dimensional_out(f):
    out = np.zeros((), "f4")
    assert f(np.float32(0.5), out=out, **needed(f)) is out
    assert_same_bits(out[()], f(np.float32(0.5), **needed(f)))


def test_integers_and_bool_become_float64(f, variety):
    for kind in "?bBhHiIlLqQ":
        x = np.array([0, 1, 1, 0], kind)
        assert_same_bits(apply(f, variety, x), apply(f, variety, x.astype("f8")), kind)


def test_lists(f):
    assert_same_bits(f([0.25, 0.5], **needed(f)), f(np.array([0.25, 0.5]), **needed(f)))
    assert_same_bits(f([], **needed(f)), np.empty(0))


WRONG_TYPES = [
    np.ones(3, "g"),
    np.ones(3, "c8"),
    np.ones(3, "c16"),
    np.array([None]),
    np.array(["a"]),
]


@pytest.mark.parametrize("x", WRONG_TYPES, ids=lambda x: x.dtype.name)
def test_other_types_are_a_type_error_that_names_the_function(f, x):
    for variety in VARIETIES:
        with pytest.raises(TypeError, match=f.name):
            apply(f, variety, x)
    with pytest.raises(TypeError, match=f.name):
        backward(f, x, x=x)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_subclasses_as_numpy_does(f):
    class Sub(np.ndarray):
        pass

    x = np.linspace(0.1, 0.9, 4)
    for other in (x.view(Sub), np.matrix(x.reshape(2, 2))):
        assert type(f(other, **needed(f))) is type(np.tanh(other))


def test_masked_arrays_as_numpy_does(f):
    x = np.ma.masked_array([0.25, 0.5, 0.75], mask=[0, 1, 0])
    got, like = f(x, **needed(f)), np.tanh(x)
    assert type(got) is type(like)
    assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(like))
    assert_same_bits(got.compressed(), f(x.compressed(), **needed(f)))


def test_memmap(f, tmp_path):
    x = np.memmap(tmp_path / "x", "f4", "w+", shape=(50,))
    x[:] = np.linspace(0.1, 0.9, 50)
    assert_same_bits(np.asarray(f(x, **needed(f))), f(np.array(x), **needed(f)))


def test_array_ufunc_dispatch(f):
    class Mine:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return ufunc.__name__, method, kwargs

    for g in (f, f.derivative):
        assert g(Mine(), **needed(f))[:2] == (g.ufunc.__name__, "__call__")


def test_pandas(f):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    x = pandas.Series([0.25, 0.5], index=["a", "b"], dtype="f4", name="n")
    got = f(x, **needed(f))
    assert isinstance(got, pandas.Series)
    assert list(got.index) == ["a", "b"]
    assert_same_bits(got.to_numpy(), f(x.to_numpy(), **needed(f)))
    assert isinstance(f.derivative(x.to_frame(), **needed(f)), pandas.DataFrame)


def test_xarray(f):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    x = xarray.DataArray(np.array([0.25, 0.5]), dims="row", coords={"row": [3, 4]})
    got = f(x, **needed(f))
    assert isinstance(got, xarray.DataArray)
    assert got.dims == ("row",)
    assert_same_bits(got.to_numpy(), f(x.to_numpy(), **needed(f)))


def test_dask(f):
    array = pytest.importorskip("dask.array", reason="dask is not installed")
    x = np.linspace(0.1, 0.9, 100, dtype="f4")
    got = f(array.from_array(x, chunks=30), **needed(f))
    assert isinstance(got, array.Array)
    assert_same_bits(got.compute(scheduler="threads"), f(x, **needed(f)))


# To name a ufunc, pickle looks into every loaded module, deprecated attributes of others included.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ufuncs_are_real_and_picklable(function):
    assert isinstance(function.ufunc, np.ufunc)
    assert function.ufunc.nin == function._nin
    assert pickle.loads(pickle.dumps(function.ufunc)) is function.ufunc


def test_pickles_travel_between_processes(python):
    """Made by a process that has imported nothing but the package, read by another."""
    prelude = "import pickle, fastact as fa\nfs = list(fa.activations.values())\n"
    everything = "[g for f in fs for h in f._functions() for g in (h, h.ufunc)]"
    python(f"{prelude}pickle.dump({everything}, open('p', 'wb'))")
    python(f"{prelude}assert pickle.load(open('p', 'rb')) == {everything}")


def test_functions_are_one_object_each(function):
    for same in (
        pickle.loads(pickle.dumps(function)),
        copy.copy(function),
        copy.deepcopy(function),
    ):
        assert same is function


def test_activations_explain_themselves(f):
    assert f.name in repr(f)
    assert f.ufunc.__name__ == f.name
