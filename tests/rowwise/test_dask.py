"""Softmax and its family on dask arrays, and on xarray's: in one process and in a real cluster."""

from __future__ import annotations

import tracemalloc
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import exp, fsum, mp, mpf

import fastact as fa
from fastact.catalogue import catalogue
from fastact.rowkernels.partial_rows import UP
from fastact.rowwise import chunks
from tests.support.checks import assert_same_bits
from tests.support.reference import true_row
from tests.support.ulp import ulps, ulps_between, unit

dask = pytest.importorskip("dask", reason="dask is not installed")
da = pytest.importorskip("dask.array", reason="dask's arrays are not installed")

NAMES = [name for name in catalogue if chunks.splits(name)]
BOUND = {"float16": 1.0, "float32": 2.0, "float64": 3.0}
AXES = [0, 1, -1, (0, 1), (1, -1), (2, 0), None]
CHUNKS = [1, (2, 3, 4), (3, 5, 2), -1]

over_functions = pytest.mark.parametrize("name", NAMES)
over_chunks = pytest.mark.parametrize("chunks", CHUNKS, ids=str)


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def cube(dtype, seed=0, scale=3.0):
    return np.random.default_rng(seed).normal(0, scale, (3, 5, 6)).astype(dtype)


def apply(name, x, chunks, **options):
    """A function's result for an array cut into chunks, with the dtype that dask expects."""
    result = getattr(fa.dask, name)(da.from_array(x, chunks=chunks), **options)
    computed = result.compute()
    assert computed.dtype == result.dtype == result._meta.dtype
    assert computed.shape == result.shape
    assert computed.ndim == result._meta.ndim
    return computed


def check_row(name, row, chunks):
    got = np.atleast_1d(apply(name, row, chunks))
    truth = true_row(name, row.tolist())
    truth = truth[: got.size]  # one for each element; a sum needs one
    worst = max(ulps(y, true, row.dtype) for y, true in zip(got, truth, strict=True))
    assert worst <= BOUND[row.dtype.name], (name, row.dtype, worst, row.tolist(), chunks)


# --- values -------------------------------------------------------------------------------------


@over_functions
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 3000.0])
@pytest.mark.parametrize(("size", "chunks"), [(2, 1), (33, 8), (100, 1), (100, (1, 60, 39))])
def test_values(name, dtype, scale, size, chunks):
    rng = np.random.default_rng(size)
    check_row(name, rng.normal(0, scale, size).astype(dtype), chunks)
    check_row(name, np.full(size, scale, dtype), chunks)
    check_row(name, (rng.normal(0, 1, size) + 10 * scale).astype(dtype), chunks)


@over_functions
@given(data=st.data())
def test_drawn_values(name, dtype, data):
    floats = st.floats(-(2.0**12), 2.0**12, width=np.finfo(dtype).bits)
    row = data.draw(st.lists(floats, min_size=1, max_size=12), "row")
    check_row(name, np.array(row, dtype), data.draw(st.integers(1, len(row)), "chunks"))


def test_joining_parts_loses_nothing():
    """An ulp of float64 at each level of a tree would leave the bound of error."""
    x = np.random.default_rng(2).uniform(-0.5, 0.5, (300, 3)).cumsum(axis=1)
    parts = np.zeros(x.shape, chunks.PARTS)
    parts["maximum"] = x
    joined = chunks._joined(parts, axis=(1,), keepdims=True)[:, 0]
    assert (joined["maximum"] == x.max(axis=1)).all()
    with mp.workprec(200):
        for row, part in zip(x.tolist(), joined.tolist(), strict=True):
            true = fsum(exp(mpf(v) - max(row)) for v in row)
            found = 1 + (mpf(part[1]) + mpf(part[2])) / UP
            assert abs(found - true) < 2.0**-57 * true


@pytest.mark.parametrize("total", [1e-3, 1e-8, 1e-13])
@pytest.mark.parametrize("chunks", [1, 7, 40])
def test_logarithms_of_probabilities_whose_sum_is_near_one(dtype, total, chunks):
    """Where the maximum and the logarithm cancel, a float64 sum would be wrong by 2**-53."""
    for seed in range(5):
        row = (np.log(np.random.default_rng(seed).dirichlet(np.ones(40))) + total).astype(dtype)
        got, true = apply("logsumexp", row, chunks), true_row("logsumexp", row.tolist())[0]
        assert abs(mpf(float(got)) - true) <= BOUND[dtype] * unit(true, dtype) + 2.0**-95


def test_one_element_has_nearly_all_the_mass(dtype):
    gaps = {"float16": [9.0], "float32": [80.0, 100.0], "float64": [600.0, 720.0, 740.0, 800.0]}
    for gap in gaps[dtype]:
        for row in ([gap, 0, -1, 0], [0, -1, gap, 0], [0, -gap, 0, -gap], [-9 - gap, -9, -9 - gap]):
            for count in (1, 2, 3):
                check_row("log_softmax", np.array(row, dtype), count)


@over_functions
@over_chunks
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_axes(name, dtype, chunks, axis):
    x = cube(dtype)
    wanted = getattr(fa, name)(x, axis=axis)
    got = apply(name, x, chunks, axis=axis)
    assert ulps_between(got, np.asarray(wanted)).max() <= 2 * BOUND[dtype]
    if name == "logsumexp":
        kept = apply(name, x, chunks, axis=axis, keepdims=True)
        assert kept.shape == fa.logsumexp(x, axis=axis, keepdims=True).shape
        assert_same_bits(kept.reshape(got.shape), got)
    else:
        assert getattr(fa.dask, name)(da.from_array(x, chunks=chunks), axis=axis).chunks == (
            da.from_array(x, chunks=chunks).chunks
        )


@pytest.mark.parametrize("rows", [7, 33])
@pytest.mark.parametrize("axis", [0, 1])
def test_rows_side_by_side_are_rows_one_after_the_other(dtype, rows, axis):
    x = np.random.default_rng(rows).normal(4, 3, (rows, 50)).astype(dtype)
    x = x if axis else np.ascontiguousarray(x.T)
    for name in NAMES:
        together = apply(name, x, 9 if axis else (9, -1), axis=axis)
        for r in range(0, rows, 4):
            alone = apply(name, x.take(r, 1 - axis), 9)
            assert_same_bits(together.take(r, 1 - axis if name != "logsumexp" else 0), alone)


# --- special values -----------------------------------------------------------------------------

INF, NAN = np.inf, np.nan
SPECIAL = [
    [-INF, -INF, -INF, -INF],
    [-INF, 1, -INF, 2],
    [INF, 1, INF, -INF],
    [1, 2, 3, INF],
    [NAN, 1, 2, 3],
    [-INF, -INF, NAN, 1],
    [-INF, NAN, -INF, -INF],
    [INF, 1, NAN, INF],
    [NAN, NAN, NAN, NAN],
    [-1, -2, -INF, -3],
]


@over_functions
@pytest.mark.parametrize("chunks", [1, 2, 3, 4])
@pytest.mark.parametrize("order", "CF")
def test_special_values(name, dtype, chunks, order):
    x = np.array(SPECIAL, dtype, order=order)
    with np.errstate(all="raise"):
        for axis, block in ((1, (-1, chunks)), (0, (chunks, -1))):
            given_ = x if axis else x.T
            got = apply(name, given_, block, axis=axis)
            wanted = getattr(fa, name)(given_, axis=axis)
            assert (np.isfinite(got) == np.isfinite(wanted)).all()
            assert ulps_between(got, wanted).max() <= 2 * BOUND[dtype]


@over_functions
def test_huge_and_tiny_logits(name, dtype):
    most = np.finfo(dtype).max
    near = np.nextafter(most / 4, np.array(0, dtype))
    rows = [[most, -most], [most, most / 2], [-most, -most], [most / 4, near], [-most, most / -2]]
    for row in [*rows, [1e-7, 0]]:
        with np.errstate(all="raise"):
            check_row(name, np.array(row, dtype), 1)


# --- arrays of every kind -----------------------------------------------------------------------


@over_functions
def test_integers_bool_and_byte_order(name, dtype):
    for x in (np.arange(6), np.array([True, False, True]), np.arange(5, dtype="i1")):
        assert_same_bits(apply(name, x, 2), apply(name, x.astype("f8"), 2))
    x = cube(dtype)
    swapped = x.astype(x.dtype.newbyteorder())
    assert_same_bits(apply(name, swapped, 2), apply(name, x, 2))


@over_functions
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), ()])
@pytest.mark.parametrize("chunks", [-1, 2])
def test_empty_and_without_axes(name, shape, chunks):
    axes = [0, 1, (0, 1), None] if shape else [None]
    for axis in axes:
        wanted = getattr(fa, name)(np.zeros(shape), axis=axis)
        assert_same_bits(apply(name, np.zeros(shape), chunks, axis=axis), np.asarray(wanted))


@over_functions
def test_unknown_sizes_of_chunks(name):
    x = cube("f8")[0]
    split = da.from_array(x, chunks=(2, 4))
    for mask in (x[0] > 0, x[0] > np.sort(x[0])[-2], x[0] > 100):
        got = getattr(fa.dask, name)(split[:, da.from_array(mask, chunks=4)]).compute()
        wanted = getattr(fa, name)(x[:, mask])
        assert got.shape == wanted.shape
        assert ulps_between(got, wanted).max(initial=0) <= 6
    rows = x[:, 0] > 0
    got = getattr(fa.dask, name)(split[da.from_array(rows, chunks=2)]).compute()
    assert ulps_between(got, getattr(fa, name)(x[rows])).max() <= 6


@over_functions
def test_what_is_no_dask_array_of_floats(name):
    function = getattr(fa.dask, name)
    for x in (np.ones(3), [1.0, 2.0], 1.0):
        with pytest.raises(TypeError, match=rf"dask\.{name}\(\): x must be a dask array, got "):
            function(x)
    for dtype in ("g", "c16", "O", "U1", "m8[s]"):
        with pytest.raises(TypeError, match=rf"dask\.{name}\(\): x must be float16, .*, got "):
            function(da.from_array(np.zeros(3, dtype), chunks=1))
    for axis in (2, -3, (0, 2)):
        with pytest.raises(np.exceptions.AxisError, match=name):
            function(da.zeros((3, 3), chunks=1), axis=axis)
    with pytest.raises(ValueError, match="names an axis twice"):
        function(da.zeros((3, 3), chunks=1), axis=(0, -2))


# --- dask's engine ------------------------------------------------------------------------------


@over_functions
def test_results_do_not_depend_on_the_scheduler(name):
    x = da.from_array(np.random.default_rng(8).normal(0, 3, (50, 3000)), chunks=(20, 100))
    result = getattr(fa.dask, name)(x)
    wanted = result.compute()
    for workers in (2, 5):
        assert_same_bits(result.compute(scheduler="threads", num_workers=workers), wanted)
    assert getattr(fa.dask, name)(x).name == result.name


@over_functions
def test_an_axis_in_one_chunk_is_the_function_itself(name):
    x = np.random.default_rng(9).normal(0, 3, (50, 30)).astype("f4")
    distance = ulps_between(apply(name, x, (7, -1)), getattr(fa, name)(x)).max()
    assert distance <= (1 if name == "logsumexp" else 0)


def test_making_the_graph_computes_nothing(python, tmp_path):
    store = tmp_path / "store"
    python(
        """
import sys
import dask.array as da
before = "numba" in sys.modules  # dask imports sparse where it is, and sparse imports numba
import fastact as fa
x = da.ones((40, 40), chunks=10, dtype="f4")
for axis in (0, -1, (0, 1)):
    fa.dask.softmax(x, axis=axis), fa.dask.log_softmax(x, axis=axis)
    fa.dask.logsumexp(x, axis=axis)
assert ("numba" in sys.modules) == before
from fastact.native import loop_registry
assert not loop_registry.loaded()
""",
        FASTACT_CACHE_DIR=str(store),
    )
    assert not list(store.rglob("*max_and_sum*"))


@pytest.mark.parametrize("first", ["import dask.array as da", "enter()"])
def test_calls_stay_lazy_whoever_enters_num_threads(python, first):
    """Both change what a call of an activation does: in either order."""
    python(
        f"""
import numpy as np, fastact as fa
def enter():
    with fa.num_threads(1):
        pass
both = fa.tanh.value_and_derivative
assert both(1.0)[0] == fa.tanh(1.0)
{first}
enter()
import dask.array as da
x = da.ones((4, 4), chunks=2)
found = [fa.tanh(x), fa.tanh.derivative(x), *both(x)]
assert all(isinstance(each, da.Array) for each in found), found
assert np.array_equal(found[2].compute(), fa.tanh(np.ones((4, 4))))
"""
    )


def test_one_pass_over_a_chunk_without_temporaries():
    x = np.random.default_rng(0).normal(size=(10, 100_000)).astype("f4")
    parts = chunks._parts(x, axis=(1,), keepdims=True)
    chunks._result(x, parts, function="softmax", axis=1)
    tracemalloc.start()
    try:
        chunks._parts(x, axis=(1,), keepdims=True)
        first = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        chunks._result(x, parts, function="softmax", axis=1)
        second = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert first < x.nbytes / 100
    assert second < 1.01 * x.nbytes


def test_importing_the_package_imports_no_dask(python):
    python("import fastact, sys; assert 'dask' not in sys.modules; fastact.dask.softmax")


def test_the_module_shows_its_functions_and_no_more():
    assert dir(fa.dask) == sorted(NAMES) == ["log_softmax", "logsumexp", "softmax"]


def test_the_nearest_name_is_told():
    with pytest.raises(AttributeError, match=r"fastact\.dask.*'softmx'; did you mean 'softmax'"):
        fa.dask.softmx  # noqa: B018  # the attribute is asked for


def test_without_dask_the_error_says_what_to_install(python):
    code = """
import sys
sys.modules["dask"] = None
import fastact as fa
try:
    fa.dask
except ImportError as error:
    assert str(error) == "fastact.dask needs dask: pip install 'dask[array]'", error
else:
    raise AssertionError
"""
    python(code)


# --- generalized ufuncs -------------------------------------------------------------------------


@over_functions
def test_a_generalized_ufunc_takes_dask_arrays(name):
    x = np.random.default_rng(1).normal(0, 3, (20, 30)).astype("f4")
    function, chunked = getattr(fa, name), da.from_array(x, chunks=(7, -1))
    for got in (
        function(chunked),
        function.ufunc(chunked),
        da.apply_gufunc(function.ufunc, function.ufunc.signature, chunked, output_dtypes="f4"),
        da.apply_gufunc(function, function.ufunc.signature, chunked, output_dtypes="f4"),
    ):
        assert isinstance(got, da.Array)
        assert_same_bits(got.compute(), function(x))
    with pytest.raises(ValueError, match="multiple chunks"):
        function.ufunc(chunked.rechunk(5))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_xarray(name):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    x = np.random.default_rng(1).normal(0, 3, (20, 30)).astype("f4")
    function = getattr(fa, name)
    array = xarray.DataArray(x, dims=("row", "column"), coords={"row": range(20)})
    core = {"input_core_dims": [["column"]], "output_core_dims": [["column"]]}
    chunked = array.chunk(row=7)
    for got in (
        xarray.apply_ufunc(function, array, **core),
        xarray.apply_ufunc(function, chunked, **core, dask="parallelized", output_dtypes=["f4"]),
    ):
        assert_same_bits(got.to_numpy(), function(x))
        assert (got.row == range(20)).all()
    split = array.chunk(row=7, column=4)
    got = xarray.apply_ufunc(getattr(fa.dask, name), split, **core, dask="allowed")
    assert isinstance(got.data, da.Array)
    assert ulps_between(got.to_numpy(), function(x)).max() <= 4


# --- a cluster ----------------------------------------------------------------------------------

# Two workers that may have 320 MiB each, of which Python, dask and distributed take 130. A chunk
# has 4 MiB. Its elements are integers divided by 2**12, so that adding an offset is exact, and a
# few chunks recur with other offsets, so that the truth costs little.
CLUSTER = """
import os, sys
import dask, dask.array as da, numpy as np, scipy.special
import fastact as fa
from distributed import Client, LocalCluster

ROWS, WIDTH, KINDS, LIMIT = 4, 2**18, 5, 400 * 2**20

def kind(k):
    return np.random.default_rng(k).integers(-(2**15), 2**15, (ROWS, WIDTH)).astype("f4") / 2**12

def offset(k):
    return np.float32(k * 7 % 13)

def made(block_info):
    _, k = block_info[None]["chunk-location"]
    return kind(k % KINDS) + offset(k)

def array(count):
    chunks = ((ROWS,), (WIDTH,) * count)
    return da.map_blocks(made, chunks=chunks, dtype="f4", meta=np.empty((0, 0), "f4"))

def truth(count):
    sums = [scipy.special.logsumexp(kind(k).astype("f8"), axis=1) for k in range(KINDS)]
    return scipy.special.logsumexp([sums[k % KINDS] + offset(k) for k in range(count)], axis=0)

def facts():
    return os.getpid(), fa.get_num_threads(), "numba" in sys.modules

if __name__ == "__main__":
    few = array(3)  # compiles what the workers then find in the store
    local = [f(few).compute(scheduler="synchronous") for f in (fa.dask.logsumexp, fa.dask.softmax)]
    # A worker that pauses waits for memory that it may never get back from its allocator.
    memory = {"target": 0.4, "spill": 0.6, "pause": False, "terminate": 0.95}
    dask.config.set({f"distributed.worker.memory.{name}": at for name, at in memory.items()})
    options = {"memory_limit": LIMIT, "local_directory": ".", "dashboard_address": None}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, silence_logs=50, **options) as cluster,
        Client(cluster) as client,
    ):
        before = client.run(facts)

        there = dask.compute(fa.dask.logsumexp(few), fa.dask.softmax(few))
        assert [a.tobytes() for a in there] == [a.tobytes() for a in local]

        count = 204  # reduced as its chunks are made
        x, exact = array(count), truth(count)
        assert x.nbytes > 2 * LIMIT
        got = fa.dask.logsumexp(x).compute()
        assert (np.abs(got - exact) <= 2 * np.spacing(np.float32(exact))).all()

        count = 132  # normalised, with all of a row kept until its end
        x, exact = array(count), truth(count)
        assert x.nbytes > 1.3 * LIMIT
        p = fa.dask.softmax(x)
        mass, some = dask.compute(p.sum(axis=1, dtype="f8"), p[:, ::WIDTH])
        assert np.abs(mass - 1).max() < 1e-7, mass
        first = np.stack([kind(k % KINDS)[:, 0] + offset(k) for k in range(count)], axis=1)
        exact = np.exp(first - exact[:, None])
        assert (np.abs(some - exact) <= 2.001 * np.spacing(exact.astype("f4"))).all()

        after = client.run(facts)
    assert before == after, (before, after)  # nobody was restarted, nobody compiled
    assert len({pid for pid, _, _ in after.values()}) == 2
    assert {(threads, numba) for _, threads, numba in after.values()} == {(1, False)}, after
"""


@pytest.mark.slow
def test_arrays_larger_than_the_memory_of_a_worker(python):
    pytest.importorskip("distributed", reason="distributed is not installed")
    if find_spec("sparse"):
        pytest.skip("dask imports sparse, which alone needs what memory a worker here may use")
    python(CLUSTER)
