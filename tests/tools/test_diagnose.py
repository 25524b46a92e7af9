"""`fastact.diagnose` counts what it says it counts."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import fastact as fa
from fastact.diagnostics import diagnose

RNG = np.random.default_rng(5)
ROWS, UNITS = 64, 128


@pytest.fixture
def layer():
    """Inputs of relu: the first 37 units are never above 0."""
    x = RNG.normal(size=(ROWS, UNITS)).astype("f4")
    x[:, :37] = -1 - np.abs(x[:, :37])
    return x


def test_dead_units_are_found(layer):
    found = fa.diagnose(layer, fa.relu)
    assert np.flatnonzero(found.dead).tolist() == list(range(37))
    assert (found.units, found.rows) == (UNITS, ROWS)
    assert "37 of 128 units are dead" in str(found)
    assert np.array_equal(found.zero, (layer <= 0).mean(axis=0))
    assert not fa.diagnose(layer, fa.leaky_relu).dead.any()
    assert not fa.diagnose(layer, fa.silu).dead.any()


def test_one_row_is_enough_to_live(layer):
    layer[-1, :37] = 0.5
    found = fa.diagnose(layer, fa.relu)
    assert not found.dead.any()
    assert found.mostly_saturated[:37].all()


def test_saturated_units_are_found():
    """Below 1 % of the largest slope, which is 1/4: beyond x = 5.99."""
    x = np.linspace(-1, 1, 200)[:, None] + np.array([0.0, 4.0, 7.1, -7.1, 1000.0])
    found = fa.diagnose(x, fa.sigmoid)
    assert found.mostly_saturated.tolist() == [False, False, True, True, False]
    assert found.dead.tolist() == [False, False, False, False, True]
    assert "2 of 5 units are saturated" in str(found)
    assert np.array_equal(found.saturated, (fa.sigmoid.derivative(x) < 0.0025).mean(axis=0))


def test_attenuation_and_gain(layer):
    found = fa.diagnose(layer, fa.tanh)
    d = np.abs(fa.tanh.derivative(layer).astype("f8"))
    np.testing.assert_allclose(found.attenuation, d.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.gain, np.sqrt((d**2).mean(axis=0)), rtol=1e-12)
    assert found.passed is None


def test_what_becomes_of_a_gradient(layer):
    dy = RNG.normal(size=layer.shape)
    found = fa.diagnose(layer, fa.relu, dy=dy)
    dx = fa.relu.backward(dy, x=layer.astype("f8"))
    wanted = np.sqrt((dx**2).sum(axis=0) / (dy**2).sum(axis=0))
    np.testing.assert_allclose(found.passed, wanted, rtol=1e-12)
    assert "gain of this gradient" in str(found)


def test_from_the_output(layer):
    x = layer.astype("f8")
    from_x = fa.diagnose(x, fa.tanh)
    from_y = fa.diagnose(fa.tanh(x), fa.tanh, from_output=True)
    np.testing.assert_allclose(from_y.attenuation, from_x.attenuation, rtol=1e-9)
    with pytest.raises(TypeError, match="x="):
        fa.diagnose(layer, fa.silu, from_output=True)


def test_axes(layer):
    cube = layer.reshape(8, 8, UNITS)
    flat, both = fa.diagnose(layer, fa.tanh), fa.diagnose(cube, fa.tanh, axis=(0, 1))
    np.testing.assert_allclose(both.gain, flat.gain, rtol=1e-12)
    last = fa.diagnose(layer.T, fa.tanh, axis=-1)
    np.testing.assert_allclose(last.gain, flat.gain, rtol=1e-12)
    assert fa.diagnose(cube, fa.tanh).gain.shape == (8, UNITS)
    assert fa.diagnose(layer[:, 0], fa.relu).dead.shape == ()


def test_nan_and_inf_are_counted_and_left_out(layer):
    clean = fa.diagnose(layer[2:], fa.tanh)
    layer[0], layer[1] = np.nan, np.inf
    found = fa.diagnose(layer, fa.tanh)
    assert (found.nan == 1).all()
    assert (found.inf == 1).all()
    assert "128 derivatives are NaN, and 128 of the data infinite" in str(found)
    np.testing.assert_allclose(found.attenuation * 63, clean.attenuation * 62, rtol=1e-12)
    assert not fa.diagnose(np.full((3, 2), np.nan), fa.relu).dead.any()


def test_parameters_one_for_each_unit():
    x = np.array([[-1.0, -1.0, 1.0], [-2.0, -1.0, -1.0]])
    found = fa.diagnose(x, fa.prelu, weight=np.array([0.0, 0.5, 0.25]))
    assert found.attenuation.tolist() == [0.0, 0.5, 0.625]
    assert found.dead.tolist() == [True, False, False]


def test_a_threshold_for_dead(layer):
    assert fa.diagnose(np.full((4, 1), -9.0), fa.sigmoid, dead=1e-3).dead.all()


def test_a_layer_that_is_well():
    found = fa.diagnose(RNG.normal(size=(200, 10)), fa.relu)
    assert "no unit is dead or saturated" in str(found)


def test_gradients_that_shrink():
    assert "gradients shrink" in str(fa.diagnose(RNG.normal(0, 30, size=(200, 10)), fa.sigmoid))


def test_chunks_change_nothing(layer, monkeypatch):
    whole = fa.diagnose(layer, fa.silu, dy=layer)
    monkeypatch.setattr(diagnose, "CHUNK", 5 * UNITS)
    parts = fa.diagnose(layer, fa.silu, dy=layer)
    for name in ("zero", "saturated", "attenuation", "gain", "passed", "nan", "inf"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)


def test_memory_stays_small():
    x = np.zeros((2**15, 2**7), "f4")
    fa.diagnose(x[:2], fa.relu)
    tracemalloc.start()
    fa.diagnose(x, fa.relu)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < x.nbytes / 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones((2, 2)), np.tanh), TypeError, "Activation"),
        ((np.ones((0, 2)), fa.relu), ValueError, "rows"),
        ((np.ones(()), fa.relu), ValueError, "axis"),
        ((np.ones((2, 2)), fa.prelu), TypeError, "weight"),
    ],
)
def test_wrong_use(arguments, error, message):
    with pytest.raises(error, match=message):
        fa.diagnose(*arguments)


def test_a_gradient_of_another_shape():
    with pytest.raises(ValueError, match=r"dy must have the shape of x, \(2, 2\), got \(2,\)"):
        fa.diagnose(np.ones((2, 2)), fa.relu, dy=np.ones(2))


CONTAINERS = {
    "frame": lambda pd, xr, da, x: pd.DataFrame(x),
    "nullable frame": lambda pd, xr, da, x: pd.DataFrame(x).convert_dtypes(),
    "frame of two dtypes": lambda pd, xr, da, x: pd.DataFrame(x).astype({0: "f8"}),
    "labelled": lambda pd, xr, da, x: xr.DataArray(x, dims=("row", "unit")),
    "list": lambda pd, xr, da, x: x.tolist(),
}
REFUSED = {
    "lazy": (lambda pd, xr, da, x: da.from_array(x), "must be an array in memory, got a dask"),
    "labelled and lazy": (lambda pd, xr, da, x: xr.DataArray(da.from_array(x)), "in memory"),
    "masked": (lambda pd, xr, da, x: np.ma.array(x, mask=x > 1), "got a masked array"),
    "with gaps": (lambda pd, xr, da, x: pd.DataFrame(x).convert_dtypes().mask(x > 1),
                  "must be without missing values"),
    "words": (lambda pd, xr, da, x: pd.DataFrame(x).astype(str), "must be numbers"),
}  # fmt: skip


@pytest.fixture
def packages():
    return [pytest.importorskip(name) for name in ("pandas", "xarray", "dask.array")]


@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers_give_what_their_arrays_give(kind, packages, layer):
    x = layer[:, 30:40]
    found = fa.diagnose(CONTAINERS[kind](*packages, x), fa.relu, dy=CONTAINERS[kind](*packages, x))
    plain = fa.diagnose(x, fa.relu, dy=x)
    assert found.rows == plain.rows
    for name in ("zero", "saturated", "attenuation", "gain", "passed", "nan", "inf"):
        np.testing.assert_allclose(getattr(found, name), getattr(plain, name), rtol=1e-6)


@pytest.mark.parametrize("argument", ["x", "dy"])
@pytest.mark.parametrize("kind", REFUSED)
def test_containers_without_an_array_are_refused(kind, argument, packages, layer):
    make, text = REFUSED[kind]
    given = {"x": layer, "dy": layer} | {argument: make(*packages, layer)}
    with pytest.raises(TypeError, match=rf"diagnose\(\): {argument} must be") as error:
        fa.diagnose(given["x"], fa.relu, dy=given["dy"])
    assert text in str(error.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", [fa.relu, fa.gelu, fa.silu, fa.logit, fa.exponential, fa.log1mexp])
def test_no_floating_point_error_whatever_the_data(f):
    x = np.array([[5e-324, -800.0, np.inf], [-5e-324, 800.0, np.nan], [1e308, -1e308, -np.inf]])
    with np.errstate(all="raise"):
        for data in (x, x.T, np.full((2, 2), np.nan), np.zeros((2, 2), "f4")):
            fa.diagnose(data, f, dy=np.where(data == data, data, 1))
            str(fa.diagnose(data, f))
