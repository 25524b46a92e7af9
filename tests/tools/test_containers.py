"""Containers of other packages: the values, dtype and labels of a call, or what to pass instead."""

from __future__ import annotations

import re

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from tests.support.checks import assert_same_bits
from tests.tools.test_conventions import PACKAGES, script

for package in PACKAGES:
    pytest.importorskip(package, reason="the extra `containers` has it: tox -e peers")

import awkward as ak  # noqa: E402  # only once all of them are there
import dask  # noqa: E402
import dask.array as da  # noqa: E402
import pandas as pd  # noqa: E402
import polars as pl  # noqa: E402
import scipy.sparse  # noqa: E402
import sparse  # noqa: E402
import xarray as xr  # noqa: E402

PAGE = script("containers")
MAKERS = PAGE.CONTAINERS | PAGE.COLUMNS
ALONG = of_kind("shares", "sum")
LOSSES = of_kind("loss", "loss of labels")
PAIRS = of_kind("gated")
FOREIGN = {
    "awkward": (ak.Array([[1.0, 2.0], [], [3.0]]), "sequences"),
    "masked": (np.ma.array([1.0, 2.0], mask=[False, True]), "where=~mask"),
    "sparse": (sparse.COO(np.eye(2)), "todense"),
    "scipy": (scipy.sparse.csr_array(np.eye(2)), "toarray"),
    "lazy frame": (pl.LazyFrame({"a": [1.0]}), "collect"),
    "expression": (pl.col("a"), "map_batches"),
    "dataset": (xr.Dataset({"a": ("r", [1.0, 2.0])}), "map"),
    "words": (pd.Series(["a", "b"]), "numbers"),
    "dates": (pl.Series(np.array(["2020-01-01"], "M8[D]")), "numbers"),
    "missing": (pd.Series([1.0, None], dtype="Float32"), "missing values"),
    "null": (pl.Series([1.0, None]), "missing values"),
}

over_foreign = pytest.mark.parametrize("kind", FOREIGN)


def named(functions):
    return pytest.mark.parametrize("g", functions, ids=lambda f: f.name)


def plain(result):
    """A result as an array, and the name of its dtype."""
    if isinstance(result, da.Array):
        result = result.compute(scheduler="synchronous")
    if isinstance(result, xr.DataArray):
        result = result.compute(scheduler="synchronous").data
    if isinstance(result, pd.DataFrame):
        (dtype,) = {str(d) for d in result.dtypes}
        return result.to_numpy(dtype="f8"), dtype
    if isinstance(result, pl.DataFrame):
        (dtype,) = set(result.dtypes)
        return result.to_numpy(), str(dtype)
    if isinstance(result, pd.Series | pl.Series):
        return np.asarray(result.to_numpy(), "f8"), str(result.dtype)
    if isinstance(result, ak.Array):
        result = ak.to_numpy(result)
    if isinstance(result, sparse.COO):
        result = result.todense()
    return np.asarray(result), str(result.dtype)


def check(result, wanted):
    if isinstance(wanted, tuple):
        for each, true in zip(result, wanted, strict=True):
            check(each, true)
        return
    got, dtype = plain(result)
    names = {"float": "float32", "double": "float64"}
    name = dtype.lower().removesuffix("[pyarrow]")
    assert names.get(name, name) == str(np.asarray(wanted).dtype)
    there = ~np.ma.getmaskarray(result) if isinstance(result, np.ma.MaskedArray) else ...
    assert got.shape == np.shape(wanted)
    assert_same_bits(np.asarray(got, "f8")[there], np.asarray(wanted, "f8")[there])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8"])
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("call", PAGE.CALLS)
def test_a_call_gives_what_it_gives_for_the_array_or_a_type_error(call, name, dtype):
    x = (PAGE.X[0] if name in PAGE.COLUMNS else PAGE.X).astype(dtype)
    wanted = PAGE.CALLS[call](x)
    if PAGE.outcome(PAGE.CALLS[call], MAKERS[name](x))[0] == "-":
        with pytest.raises(TypeError, match=r"\(\): .*(pass|use|rechunk)"):
            PAGE.CALLS[call](MAKERS[name](x))
        return
    result = PAGE.CALLS[call](MAKERS[name](x))
    if name.endswith("split") and call in {"softmax", "logsumexp"}:  # parts are joined
        got, true = np.asarray(result), np.asarray(wanted)
        assert got.dtype == true.dtype
        assert np.allclose(got, true, rtol=4 * np.finfo(true.dtype).eps, atol=0)
        return
    check(result, wanted)


@pytest.mark.parametrize("call", PAGE.CALLS)
def test_labels_are_kept(call):
    frame = PAGE.CALLS[call](PAGE.pandas(PAGE.X))
    for each in frame if isinstance(frame, tuple) else (frame,):
        if isinstance(each, pd.DataFrame | pd.Series):
            assert list(each.index) == list("xyz")
        if isinstance(each, pd.DataFrame) and each.shape[1] == 4:
            assert list(each.columns) == list("abcd")
    array = PAGE.CALLS[call](PAGE.xarray(PAGE.X))
    for each in array if isinstance(array, tuple) else (array,):
        if isinstance(each, xr.DataArray):
            assert each.name == "scores"
            assert list(each.row) == [3, 4, 5]


@pytest.mark.parametrize("call", PAGE.CALLS)
@pytest.mark.parametrize("name", ["dask array", "dask array, axis split", "xarray of dask"])
def test_nothing_lazy_is_computed(call, name):
    def computed(*args, **kwargs):
        raise AssertionError

    with dask.config.set(scheduler=computed):
        assert "ndarray" not in PAGE.outcome(PAGE.CALLS[call], MAKERS[name](PAGE.X))[0]


@over_foreign
@named(ALONG)
def test_functions_along_an_axis_say_what_to_pass(g, kind):
    x, hint = FOREIGN[kind]
    with pytest.raises(TypeError, match=rf"{g.name}\(\): x must be .*{hint}"):
        g(x)
    with pytest.raises(TypeError, match=rf"{g.name}\(\): where must be|{g.name}\(\): .*{hint}"):
        g(np.ones(2), where=x)
    vector = {"ds" if g.name.startswith("log") and not hasattr(g, "sequences") else "dy"}
    with pytest.raises(TypeError, match=rf"{g.name}\.backward\(\): ({'|'.join(vector)}) must"):
        g.backward(x, x=np.ones(2))


@over_foreign
@named(LOSSES)
def test_losses_say_what_to_pass(g, kind):
    x, hint = FOREIGN[kind]
    labels = np.zeros(2, int) if g in of_kind("loss of labels") else np.zeros((2, 2))
    for call in (g, g.value_and_grad):
        with pytest.raises(TypeError, match=rf"{g.name}.*\(\): \w+ must be .*{hint}"):
            call(x, labels)
        with pytest.raises(TypeError, match=rf"{g.name}.*\(\): \w+ must be .*{hint}"):
            call(np.ones((2, 2)), x)


@over_foreign
@named(PAIRS)
def test_gated_pairs_say_what_to_pass(g, kind):
    x, hint = FOREIGN[kind]
    calls = [
        lambda: g(x), lambda: g(np.ones(2), bias=x), lambda: g.split(x, x),
        lambda: g.backward(np.ones(1), x=x), lambda: g.split.backward(x, gate=1.0, value=1.0),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=rf"{g.name}.*\(\): \w+ must be .*{hint}"):
            call()


@over_foreign
def test_bit_masks_say_what_to_pass(kind):
    x, hint = FOREIGN[kind]
    with pytest.raises(TypeError, match=rf"relu.forward_with_mask\(\): x must be .*{hint}"):
        fa.relu.forward_with_mask(x)
    with pytest.raises(TypeError, match="rrelu"):
        fa.rrelu(x, rng=np.random.default_rng(0))


@over_foreign
@named([f for f in fa.activations.values() if f._partials])
def test_gradients_of_parameters_say_what_to_pass(g, kind):
    x, hint = FOREIGN[kind]
    params = {p.name: p.typical for p in g.params}
    for call in (
        lambda: g.backward_params(1.0, x=x, **params),
        lambda: g.backward_params(x, x=np.ones(2), **params),
        lambda: g.backward_params(1.0, x=np.ones(2), **dict.fromkeys(params, x)),
    ):
        with pytest.raises(TypeError, match=rf"{g.name}.backward_params\(\): \w+ must be .*{hint}"):
            call()


def test_missing_values_stay_missing_in_functions_of_elements():
    for function in (fa.gelu, fa.elu, fa.gelu.derivative):
        for column in (pd.Series([1.0, None], dtype="Float32"),
                       pd.Series([1.0, None], dtype="float[pyarrow]")):  # fmt: skip
            assert list(function(column).isna()) == [False, True]
            assert function(column).dtype == column.dtype
        got = function(pl.Series("n", [1.0, None], dtype=pl.Float32))
        assert (got.name, got.dtype, got.null_count()) == ("n", pl.Float32, 1)


def test_columns_keep_their_own_dtypes_in_functions_of_elements():
    frame = pd.DataFrame({"a": np.float32([0, 1]), "b": [1, 2]})
    for got in (fa.gelu(frame), fa.elu(frame, alpha=2.0), fa.elu.backward(frame, x=frame)):
        assert [str(d) for d in got.dtypes] == ["float32", "float64"]
    got = fa.elu(pl.DataFrame({"a": [1.0], "b": [2]}, schema={"a": pl.Float32, "b": pl.Int8}))
    assert got.schema == {"a": pl.Float32, "b": pl.Float64}


MIXED = {
    "one dtype": pd.DataFrame({"a": [-1.0, -2.0], "b": [-1.0, -3.0]}),
    "int beside float": pd.DataFrame({"a": [-1.0, -2.0], "b": [-1, -3]}),
    "two floats": pd.DataFrame({"a": np.float32([-1, -2]), "b": [-1.0, -3.0]}),
    "nullable": pd.DataFrame({"a": [-1.0, -2.0], "b": [-1.0, -3.0]}, dtype="Float64"),
    "Arrow": pd.DataFrame({"a": [-1.0, -2.0], "b": [-1.0, -3.0]}, dtype="double[pyarrow]"),
}
over_frames = pytest.mark.parametrize("frame", MIXED.values(), ids=MIXED)


def numbers(frame):
    """A frame as float64, NaN where it has no value."""
    return frame.to_numpy("f8", na_value=np.nan)


@over_frames
@pytest.mark.parametrize(
    "beside",
    [pd.DataFrame({"b": [0.1, 0.2], "a": [10.0, 20.0]}),
     pd.DataFrame({"b": [0.1, 0.2], "a": [10, 20]}, index=[1, 0]),
     pd.DataFrame({"b": [0.1, 0.2], "c": [10.0, 20.0]}),
     pd.Series({"b": 0.1, "a": 10.0}), pd.Series({"a": 10.0, "c": 0.1})],
    ids=["columns", "rows too", "other columns", "Series", "other Series"],
)  # fmt: skip
def test_functions_of_elements_align_as_numpys_do(frame, beside):
    wanted = frame * beside  # all are negative: the weights are factors
    for got in (fa.prelu(frame, beside), fa.prelu(frame, weight=beside)):
        assert got.index.equals(wanted.index)
        assert got.columns.equals(wanted.columns)
        assert_same_bits(numbers(got), numbers(wanted))
    if isinstance(beside, pd.DataFrame):
        got = fa.identity.backward(frame, x=beside)  # dy, and NaN where there is no x
        there = ~wanted.isna().to_numpy()
        assert_same_bits(numbers(got)[there], numbers(frame.reindex_like(wanted))[there])


def test_series_align_and_labels_that_are_there_twice_are_an_error():
    x, weight = pd.Series({"a": -1.0, "b": -2.0}), pd.Series({"b": 5.0, "a": 3.0})
    assert fa.prelu(x, weight).to_dict() == {"a": -3.0, "b": -10.0}
    twice = pd.Series([5.0, 3.0], ["b", "b"])
    with pytest.raises(ValueError, match=r"prelu\(\): weight must have the labels .*twice"):
        fa.prelu(x, twice)
    same = pd.Series([-5.0, -3.0], ["b", "b"])
    assert list(fa.prelu(same, twice)) == [-25.0, -9.0]


@over_frames
def test_results_are_written_to_arrays_and_frames(frame):
    wanted = fa.elu(frame.to_numpy("f8"), 0.5)
    where = np.array([[True, False], [False, True]])
    out = np.zeros((2, 2))
    assert fa.elu(frame, 0.5, out=out) is out
    assert np.allclose(out, wanted, rtol=1e-6)  # float32 columns are computed as such or in float64
    out = np.zeros((2, 2))
    fa.elu(frame, 0.5, out=out, where=where)
    assert np.allclose(out, np.where(where, wanted, 0), rtol=1e-6)
    out = frame.astype("float64") * 0
    assert fa.elu(frame, 0.5, out=out, where=where) is out
    assert np.allclose(out, np.where(where, wanted, 0), rtol=1e-6)
    got = fa.elu(frame, 0.5, where=where, out=None).to_numpy("f8")
    assert np.allclose(got[where], wanted[where], rtol=1e-6)
    with pytest.raises(ValueError, match=r"elu\(\): out must have the labels"):
        fa.elu(frame, 0.5, out=out[["b", "a"]])
    with pytest.raises(TypeError, match=r"elu\(\): out must be of floats in every column"):
        fa.elu(frame, 0.5, out=out.astype({"a": "int64"}))


def test_missing_values_are_missing_in_what_is_written_to():
    x = pd.Series([1.0, None, 2.0], dtype="Float64")
    out = np.zeros(3)
    fa.elu(x, 0.5, out=out)
    assert_same_bits(out, np.array([1.0, np.nan, 2.0]))
    kept = pd.Series([7.0, 7.0, None], dtype="Float64")
    fa.elu(x, 0.5, out=kept, where=np.array([True, True, False]))
    assert list(kept.isna()) == [False, True, True]
    out = np.zeros(2)
    fa.elu(pl.Series([None, 2.0]), 0.5, out=out)
    assert_same_bits(out, np.array([np.nan, 2.0]))


def test_columns_of_polars_have_the_same_names():
    x, other = pl.DataFrame({"a": [1.0], "b": [2]}), pl.DataFrame({"b": [2.0], "a": [1.0]})
    floats = x.cast(pl.Float64)
    calls = [
        ("squared_error", "t", lambda: fa.squared_error(x, other)),
        ("softmax", "where", lambda: fa.softmax(floats, where=other > 1)),
        ("softmax.backward", "y", lambda: fa.softmax.backward(floats, y=other)),
        ("prelu", "weight", lambda: fa.prelu(x, other)),
        ("prelu", "weight", lambda: fa.prelu(floats, other)),
        ("relu.backward", "x", lambda: fa.relu.backward(x, x=other)),
    ]
    for name, argument, call in calls:
        with pytest.raises(ValueError, match=rf"{name}\(\): {argument} must have the labels .*sel"):
            call()
    assert fa.squared_error(x, other.select("a", "b")) == fa.squared_error([1, 2.0], [1, 2.0])
    for frame in (x, floats):
        with pytest.raises(TypeError, match=r"prelu\(\): weight must be a DataFrame.*to_numpy"):
            fa.prelu(frame, pl.Series([1.0]))
        assert fa.prelu(frame * -1, np.array([2.0, 3.0])).row(0) == (-2.0, -6.0)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_ragged_arrays_of_awkward_at_the_first_call(python, dtype):
    """Later calls may go to the ufunc by another way."""
    code = f"""
import awkward as ak, numpy as np, fastact as fa
x = ak.values_astype(ak.Array([[1, 2], [], [3]]), "{dtype}")
flat = ak.to_numpy(ak.flatten(x))
for call in (fa.gelu, fa.elu, lambda x: fa.elu(x, 0.5), lambda x: fa.gelu.backward(x, x=x),
             lambda x: fa.prelu(x, x), lambda x: fa.rrelu(x, x, x),
             lambda x: fa.elu.backward(x, x=x, alpha=2.0)):
    for again in range(2):
        got = call(x)
        assert ak.num(got).tolist() == [2, 0, 1]
        found, wanted = ak.to_numpy(ak.flatten(got)), call(flat)
        assert found.dtype == wanted.dtype and (found == wanted).all()
"""
    python(code)


def test_a_dataset_goes_through_or_is_refused():
    x = xr.Dataset({"a": ("r", [1.0, 2.0])})
    assert_same_bits(fa.gelu(x)["a"].data, fa.gelu([1.0, 2.0]))
    with pytest.raises(TypeError, match=r"elu\(\): x must be a DataArray.*\.map"):
        fa.elu(x)


REFUSED = {
    "lazy frame": (pl.LazyFrame({"a": [1.0]}), r"\.collect"),
    "expression": (pl.col("a"), "map_batches"),
    "objects": (pd.Series([1.0], dtype=object), r"astype\(float\)"),
    "words": (pd.Series(["a"]), "numbers"),
    "words in a frame": (pd.DataFrame({"a": ["a"]}), "numbers"),
    "words of polars": (pl.Series(["a"]), "numbers"),
    "levels": (pd.MultiIndex.from_tuples([(1, 2)]), "MultiIndex"),
    "groups": (pd.DataFrame({"a": [1.0]}).groupby("a"), "GroupBy"),
    "decimals": (pl.Series(["1.5"]).cast(pl.Decimal(10, 2)), "cast"),
    "decimals in a frame": (pl.DataFrame({"a": ["1"]}).cast(pl.Decimal(10, 2)), "cast"),
    "128 bits": (pl.Series([1], dtype=pl.Int128), "cast"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_functions_of_elements_name_what_they_refuse(kind):
    x, hint = REFUSED[kind]
    calls = {
        r"gelu\(\): x": lambda: fa.gelu(x), r"elu\(\): x": lambda: fa.elu(x),
        r"elu\(\): alpha": lambda: fa.elu(np.ones(1), x),
        r"gelu.derivative\(\): x": lambda: fa.gelu.derivative(x),
        r"gelu.backward\(\): dy": lambda: fa.gelu.backward(x, x=np.ones(1)),
        r"gelu.backward\(\): x": lambda: fa.gelu.backward(np.ones(1), x=x),
        r"relu.backward\(\): y": lambda: fa.relu.backward(np.ones(1), y=x),
        r"softmax\(\): x": lambda: fa.softmax(x),
    }  # fmt: skip
    for name, call in calls.items():
        with pytest.raises(TypeError, match=rf"^{name} must be .*{hint}"):
            call()


def test_containers_of_two_packages_are_refused():
    ours, theirs = pd.Series([1.0]), pl.Series([1.0])
    for call in (lambda: fa.prelu(ours, theirs), lambda: fa.prelu(theirs, ours),
                 lambda: fa.prelu(ours, xr.DataArray([1.0], dims="r"))):  # fmt: skip
        with pytest.raises(TypeError, match=r"prelu\(\): weight must be an array beside"):
            call()


@pytest.mark.parametrize("x", [pd.Series([1.0, 2.0]), pl.Series([1.0, 2.0]), np.ones(2)], ids=type)
@pytest.mark.parametrize("mask", [pd.Series([True, False]), pl.Series([True, False])], ids=type)
def test_masks_of_functions_of_elements_are_arrays(x, mask):
    for f in (fa.gelu, fa.elu):
        with pytest.raises(TypeError, match=rf"{f.name}\(\): where must be .*to_numpy"):
            f(x, where=mask)


def test_refusals_have_names_without_polars_too(python):
    """Then functions without parameters go to pandas by themselves."""
    code = """
import numpy as np, pandas as pd, fastact as fa
fa.gelu(np.ones(3))
assert isinstance(fa.gelu.__call__.__self__, np.ufunc)
for x in (pd.Series(["a"]), pd.Series([1.0], dtype=object), pd.MultiIndex.from_tuples([(1, 2)])):
    try:
        fa.gelu(x)
    except TypeError as error:
        assert str(error).startswith("gelu(): x must be"), error
    else:
        raise AssertionError(x)
"""
    python(code)


def test_other_labels_are_an_error():
    x = PAGE.pandas(PAGE.X)
    with pytest.raises(ValueError, match=r"softmax.backward\(\): y must have the labels"):
        fa.softmax.backward(x, y=x[::-1])
    with pytest.raises(ValueError, match=r"labels must have the labels .*to_numpy"):
        fa.softmax_cross_entropy(x, pd.Series(PAGE.LABELS))
    whole = fa.softmax_cross_entropy(x, pd.Series(PAGE.LABELS, x.index))
    assert whole == fa.softmax_cross_entropy(PAGE.X, PAGE.LABELS)


def test_dimensions_are_matched_by_name():
    x = PAGE.xarray(PAGE.X)
    wanted = fa.softmax(PAGE.X, where=PAGE.X > 0)
    assert_same_bits(fa.softmax(x, where=(x > 0).T).data, wanted)
    labels = xr.DataArray(PAGE.LABELS, {"row": [3, 4, 5]}, "row")
    assert fa.softmax_cross_entropy(x, labels) == fa.softmax_cross_entropy(PAGE.X, PAGE.LABELS)
    assert_same_bits(fa.softmax(x, axis="row").data, fa.softmax(PAGE.X, axis=0))
    with pytest.raises(ValueError, match="dimensions"):
        fa.softmax(x, where=xr.DataArray([True] * 4, dims="other"))
    with pytest.raises(ValueError, match=r"weight .* dimensions \('class',\)"):
        fa.softmax_cross_entropy(x, labels, weight=xr.DataArray([1.0, 2, 3], dims="row"))
    with pytest.raises(ValueError, match=r"xarray\.align"):
        fa.softmax_cross_entropy(x, labels.assign_coords(row=[5, 4, 3]))


@pytest.mark.parametrize("axis", ["row", "class"])
def test_what_has_some_of_the_dimensions_stands_beside_them(axis):
    square = np.arange(9.0).reshape(3, 3) / 4 - 1  # so that shapes tell nothing
    x, one = xr.DataArray(square, dims=("row", "class")), xr.DataArray([0.5, 2.0, 3.0], dims=axis)
    k = x.dims.index(axis)
    wide = one.data[:, None] if axis == "row" else one.data[None]
    labels = xr.DataArray([0, 2, 1], dims=x.dims[1 - k])
    wanted = fa.softmax_cross_entropy(square, labels.data, axis=k, weight=one.data)
    assert fa.softmax_cross_entropy(x, labels, axis=axis, weight=one) == wanted
    wanted = fa.nll.value_and_grad(square, labels.data, axis=k, weight=one.data)[1]
    assert_same_bits(fa.nll.value_and_grad(x, labels, axis=axis, weight=one)[1].data, wanted)
    got = fa.prelu.backward_params(x, x=x, weight=one)["weight"]
    wanted = fa.prelu.backward_params(square, x=square, weight=wide)["weight"]
    assert_same_bits(got.ravel(), wanted.ravel())
    for other in x.dims:
        got = fa.softmax(x, axis=other, where=one > 1).data
        assert_same_bits(got, fa.softmax(square, axis=x.dims.index(other), where=wide > 1))
    got = fa.sigmoid_cross_entropy(x, one / 4, reduction="none")
    assert_same_bits(got.data, fa.sigmoid_cross_entropy(square, wide / 4, reduction="none"))
    pairs, bias = x.isel({axis: [0, 1]}), one.isel({axis: [0, 1]})
    got = fa.swiglu(pairs, axis=axis, bias=bias)
    assert_same_bits(got.data, fa.swiglu(pairs.data, axis=k, bias=bias.data))


def test_offsets_are_places_whatever_their_labels():
    x = pd.Series([1.0, 2.0, 3.0], list("abc"))
    for offsets in ([0, 1, 3], [0, 1, 1, 3]):
        got = fa.softmax.sequences(x, offsets=pd.Series(offsets))
        assert_same_bits(got.to_numpy(), fa.softmax.sequences(x.to_numpy(), offsets=offsets))
    data = xr.DataArray(x.to_numpy(), dims="r")
    got = fa.softmax.sequences(data, offsets=xr.DataArray([0, 1, 3], dims="sequence"))
    assert_same_bits(got.data, fa.softmax.sequences(x.to_numpy(), offsets=[0, 1, 3]))


@named([g for g in ALONG if getattr(g, "_sign", -1.0) == 1.0])  # others take no dask arrays here
def test_gradients_of_dask_arrays_take_arrays_beside_them(g):
    y, rows = g(PAGE.X), da.from_array(PAGE.X, chunks=(2, -1))
    wanted = g.backward(PAGE.X, y=y)
    for got in (g.backward(rows, y=y), g.backward(PAGE.X, y=da.from_array(y, chunks=(2, -1)))):
        assert isinstance(got, da.Array)
        assert got.chunks == rows.chunks
        assert_same_bits(got.compute(scheduler="synchronous"), wanted)
    with pytest.raises(ValueError, match=rf"{g.name}.backward\(\): y must broadcast"):
        g.backward(rows, y=y[:2])


def test_a_series_of_polars_imported_late(python):
    """A function that has been called before goes straight to its ufunc until polars comes."""
    code = """
import numpy as np, fastact as fa
fa.relu(np.ones(3))
assert isinstance(fa.relu.__call__.__self__, np.ufunc)
import polars as pl
for function in (fa.relu, fa.relu.derivative):
    assert function(pl.Series([1.0], dtype=pl.Float32)).dtype == pl.Float32
    assert function(pl.Series([1], dtype=pl.Int8)).dtype == pl.Float64
"""
    python(code)


def test_a_refusal_names_function_argument_and_class():
    class Other:
        __array_ufunc__ = None

    with pytest.raises(TypeError, match=re.escape("softmax(): x must be an array, got Other")):
        fa.softmax(Other())
