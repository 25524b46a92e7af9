"""Whatever NumPy's own ufuncs do with layouts, types and containers, these do too, bit for bit."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .checks import assert_same_bits
from .strategies import LAYOUTS, mixed, window, windows

BUFFER = 6000
STEPS = (1, 2, 3, -1, -2, -3)


def call(function, *data, **kwargs):
    """The results of a ufunc as a tuple; its last inputs are the parameters' defaults."""
    found = function.ufunc(*data, *(p.default for p in function.params), **kwargs)
    return found if isinstance(found, tuple) else (found,)


def data_for(function, x):
    """One array for each input that is not a parameter."""
    return [np.roll(x, 7 * i) for i in range(function.nin - len(function.params))]


def contiguous(x):
    """The same values in native byte order, contiguous and aligned."""
    return np.array(x, x.dtype.newbyteorder("="), order="C")


def test_every_layout(function, dtype, layout):
    data = [LAYOUTS[layout](x) for x in data_for(function, mixed(dtype, 701))]
    wanted = call(function, *map(contiguous, data))
    for got, same in zip(call(function, *data), wanted, strict=True):
        assert_same_bits(got, same, (function.name, layout))


WRITABLE = ["every second", "negative stride", "misaligned", "byte-swapped", "Fortran"]


@pytest.mark.parametrize("layout", WRITABLE)
def test_out_of_every_layout(function, dtype, layout):
    place = LAYOUTS[layout]
    data = [np.resize(x, place(x).shape) for x in data_for(function, mixed(dtype, 700))]
    wanted = call(function, *data)
    out = tuple(place(np.zeros(700, dtype)) for _ in wanted)
    for got, given_out, same in zip(call(function, *data, out=out), out, wanted, strict=True):
        assert got is given_out
        assert_same_bits(contiguous(got), same, (function.name, layout))


@given(data=st.data())
def test_any_strides(f, dtype, data):
    buffer = mixed(dtype, BUFFER)
    shape = data.draw(st.lists(st.integers(0, 6), max_size=3).map(tuple), "shape")
    x = window(buffer, shape, data.draw(windows(shape, (*STEPS, 0), BUFFER), "x"))
    assert_same_bits(f(x), f(contiguous(x)))


@given(data=st.data())
def test_any_overlap(f, dtype, data):
    """`out` a window of the buffer that `x` is a window of: as if `x` had been copied before."""
    buffer = mixed(dtype, BUFFER)
    shape = data.draw(st.lists(st.integers(1, 6), max_size=3).map(tuple), "shape")
    x, out = (
        window(buffer, shape, data.draw(windows(shape, STEPS, BUFFER), n)) for n in ("x", "out")
    )
    wanted = f(contiguous(x))
    f(x, out=out)
    assert_same_bits(np.array(out), wanted)


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


def test_where(function, dtype):
    data = data_for(function, mixed(dtype, 501))
    mask = np.random.default_rng(0).random(501) < 0.5
    plain, seven = call(function, *data), np.dtype(dtype).type(7)
    out = tuple(np.full(501, seven) for _ in plain)
    for got, everywhere in zip(call(function, *data, out=out, where=mask), plain, strict=True):
        assert_same_bits(got, np.where(mask, everywhere, seven), function.name)


def test_where_in_the_public_call(f):
    x, mask, out = np.linspace(0.1, 0.9, 5), np.array([1, 0, 1, 0, 1], bool), np.zeros(5)
    for g in (f, f.derivative, f.second_derivative):
        assert g(x, where=mask, out=out) is out
        assert_same_bits(out[mask], g(x)[mask])


def test_dtype_and_casting(f):
    x = mixed("float32", 100)
    with np.errstate(all="ignore"):
        assert_same_bits(f(x, dtype="float64"), f(x.astype("float64")))
        assert_same_bits(f(x.astype("f8"), dtype="float32"), f(x.astype("f8").astype("float32")))
    for wrong in ({"casting": "safe", "dtype": "float32"}, {"casting": "no", "dtype": "float32"}):
        with pytest.raises(TypeError):
            f(x.astype("f8"), **wrong)


def test_out_of_another_type(f):
    x = np.linspace(0.1, 0.9, 50, dtype="f4")
    wide = f(x, out=np.empty(50, "f8"))
    assert wide.dtype == "f8"
    with pytest.raises(TypeError, match=f.name):
        f(x, out=np.empty(50, "i4"))


@pytest.mark.parametrize(
    "wrong", [np.empty(4), np.empty((5, 2)), np.broadcast_to(0.0, 5), [0.0] * 5]
)
def test_out_that_does_not_fit(f, wrong):
    with pytest.raises((TypeError, ValueError)):
        f(np.linspace(0.1, 0.9, 5), out=wrong)


def test_broadcasting_of_parameters(f, dtype):
    x = np.array([[0.25], [0.5]], dtype)
    columns = [np.array([p.low, p.default, p.high]).astype(dtype) for p in f.params]
    got = f(x, *columns)
    assert got.shape == (2, 3 if f.params else 1)
    assert got.dtype == dtype
    for column in range(got.shape[1]):
        assert_same_bits(got[:, column], f(x[:, 0], *[c[column] for c in columns]))


def test_parameters_by_position_and_by_name(f, dtype):
    x, high = mixed(dtype, 50), {p.name: p.high for p in f.params}
    assert_same_bits(f(x, **high), f(x, *high.values()))
    assert_same_bits(f.derivative(x, **high), f.derivative(x, *high.values()))
    assert f(x, **high).dtype == dtype
    with pytest.raises(TypeError):
        f(x, no_such_parameter=1.0)


@pytest.mark.parametrize(
    "scalar", [0.5, np.float32(0.5), np.float16(0.5), 1, True, np.array(0.5, "f4")]
)
def test_scalars_as_numpy_does(f, variety, scalar):
    got = (f if variety == "forward" else getattr(f, variety))(scalar)
    wanted = np.tanh(scalar) if np.asarray(scalar).dtype.kind == "f" else np.float64(0)
    assert type(got) is type(wanted)


def test_zero_dimensional_out(f):
    out = np.zeros((), "f4")
    assert f(np.float32(0.5), out=out) is out
    assert_same_bits(out[()], f(np.float32(0.5)))


@pytest.mark.parametrize("kind", ["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"])
def test_integers_and_bool_become_float64(f, variety, kind):
    x = np.array([0, 1, 1, 0], kind)
    g = f if variety == "forward" else getattr(f, variety)
    assert_same_bits(g(x), g(x.astype("f8")))


def test_lists(f):
    assert_same_bits(f([0.25, 0.5]), f(np.array([0.25, 0.5])))
    assert_same_bits(f([]), np.empty(0))


WRONG_TYPES = [
    np.ones(3, "g"),
    np.ones(3, "c8"),
    np.ones(3, "c16"),
    np.array([None]),
    np.array(["a"]),
]


@pytest.mark.parametrize("x", WRONG_TYPES, ids=lambda x: x.dtype.name)
def test_other_types_are_a_type_error_that_names_the_function(f, variety, x):
    with pytest.raises(TypeError, match=f.name):
        (f if variety == "forward" else getattr(f, variety))(x)


@pytest.mark.parametrize("x", WRONG_TYPES, ids=lambda x: x.dtype.name)
def test_backward_names_the_function_too(f, x):
    with pytest.raises(TypeError, match=f.name):
        f.backward(x, x=x)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_subclasses_as_numpy_does(f):
    class Sub(np.ndarray):
        pass

    x = np.linspace(0.1, 0.9, 4)
    for other in (x.view(Sub), np.matrix(x.reshape(2, 2))):
        assert type(f(other)) is type(np.tanh(other))


def test_masked_arrays_as_numpy_does(f):
    x = np.ma.masked_array([0.25, 0.5, 0.75], mask=[0, 1, 0])
    got, like = f(x), np.tanh(x)
    assert type(got) is type(like)
    assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(like))
    assert_same_bits(got.compressed(), f(x.compressed()))


def test_memmap(f, tmp_path):
    x = np.memmap(tmp_path / "x", "f4", "w+", shape=(50,))
    x[:] = np.linspace(0.1, 0.9, 50)
    assert_same_bits(np.asarray(f(x)), f(np.array(x)))


def test_array_ufunc_dispatch(f):
    class Mine:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return ufunc.__name__, method, kwargs

    assert f(Mine())[:2] == (f.ufunc.__name__, "__call__")
    assert f.derivative(Mine())[:2] == (f.derivative.ufunc.__name__, "__call__")


def test_pandas(f):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    x = pandas.Series([0.25, 0.5], index=["a", "b"], dtype="f4", name="n")
    got = f(x)
    assert isinstance(got, pandas.Series)
    assert list(got.index) == ["a", "b"]
    assert_same_bits(got.to_numpy(), f(x.to_numpy()))
    assert isinstance(f.derivative(x.to_frame()), pandas.DataFrame)


def test_xarray(f):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    x = xarray.DataArray(np.array([0.25, 0.5]), dims="row", coords={"row": [3, 4]})
    got = f(x)
    assert isinstance(got, xarray.DataArray)
    assert got.dims == ("row",)
    assert_same_bits(got.to_numpy(), f(x.to_numpy()))


def test_dask(f):
    array = pytest.importorskip("dask.array", reason="dask is not installed")
    x = np.linspace(0.1, 0.9, 100, dtype="f4")
    got = f(array.from_array(x, chunks=30))
    assert isinstance(got, array.Array)
    assert_same_bits(got.compute(scheduler="threads"), f(x))


# To name a ufunc, pickle looks into every loaded module, deprecated attributes of others included.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ufuncs_are_real_and_picklable(function):
    assert isinstance(function.ufunc, np.ufunc)
    assert function.ufunc.nin == function.nin
    assert pickle.loads(pickle.dumps(function.ufunc)) is function.ufunc


def test_pickles_travel_between_processes(python):
    """Made by a process that has imported nothing but the package, read by another."""
    prelude = "import pickle, fastact as fa\nfs = list(fa.activations.values())\n"
    everything = "[g for f in fs for h in f.functions() for g in (h, h.ufunc)]"
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
