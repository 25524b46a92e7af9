"""Options that are read in compiled loops: the bits of what they stand for."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from fastact.rowwise import row_options
from tests.support.checks import assert_same_bits
from tests.support.rows import FORMS

over_forms = pytest.mark.parametrize("f", FORMS, ids=lambda f: f.name)
SHAPES = [((32, 10), -1), ((5, 7, 35), 1), ((70, 40), 0), ((3, 1000), 1), ((17, 1), -1), ((9,), 0)]
over_shapes = pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)


def logits(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Any:
    """Rows of which some have infinities of either sign, or NaN."""
    rng = np.random.default_rng(seed)
    x, odd = rng.normal(0, 3, shape), rng.random(shape)
    x[odd < 0.1] = -np.inf
    x[odd > 0.99] = np.inf
    x[odd > 0.995] = np.nan
    return x.astype(dtype)


def drawn(shape: tuple[int, ...], axis: int) -> dict[str, Any]:
    """A mask, temperatures and lengths; a row of the mask has nothing."""
    rng, kept = np.random.default_rng(5), tuple(np.delete(shape, axis))
    where = rng.random(shape) < 0.6
    where[..., :1] &= shape[-1] > 1
    return {
        "where": where,
        "temperature": rng.uniform(0.3, 3.0, kept),
        "lengths": rng.integers(0, shape[axis] + 1, kept),
    }


def choices(shape: tuple[int, ...], axis: int) -> list[dict[str, Any]]:
    """Options by themselves and together."""
    all_of_them = drawn(shape, axis)
    pairs = [{k: v for k, v in all_of_them.items() if k != left} for left in all_of_them]
    alone = [{k: v} for k, v in all_of_them.items()]
    numbers: list[dict[str, Any]] = [{"temperature": 0.75}, {"lengths": 1}, {"lengths": 0}]
    across = [{"where": all_of_them["where"][:1]}, {"where": all_of_them["where"][..., :1]}]
    last = len(shape) > 1 and axis % len(shape) == len(shape) - 1
    causal: list[dict[str, Any]] = [{"causal": True}, {"causal": True, **all_of_them}]
    return [{}, *alone, *pairs, all_of_them, *numbers, *across, *(causal if last else [])]


def slowly(options: dict[str, Any]) -> dict[str, Any]:
    """The same options as objects that are looked at one by one."""
    lists = {k: np.asarray(v).tolist() for k, v in options.items() if k != "causal"}
    return {**options, **lists}


def present(options: dict[str, Any], shape: tuple[int, ...], axis: int) -> Any:
    """Which elements the options leave."""
    n, found = shape[axis], np.broadcast_to(options.get("where", np.True_), shape)
    lengths = np.expand_dims(
        np.broadcast_to(options.get("lengths", n), np.delete(shape, axis)), axis
    )
    places = np.arange(n).reshape([-1 if k == axis % len(shape) else 1 for k in range(len(shape))])
    found = found & (places < lengths)
    if options.get("causal"):
        found &= np.tri(*shape[-2:], shape[-1] - shape[-2], dtype=bool)
    return found


@over_forms
@over_shapes
def test_compiled_options_are_those_of_slabs(f, dtype, shape, axis):
    x = logits(shape, dtype)
    for options in choices(shape, axis):
        for each in (x, np.asfortranarray(x)):
            got = f(each, axis=axis, **options)
            assert got.dtype == x.dtype
            assert_same_bits(got, f(x, axis=axis, **slowly(options), out=np.empty_like(x)))


@over_forms
@over_shapes
@pytest.mark.parametrize("product", ["backward", "jvp"])
def test_products_of_what_is_present(f, dtype, shape, axis, product):
    """What is absent is as if output and vector were nothing there."""
    x, d = logits(shape, dtype), np.random.default_rng(9).normal(size=shape).astype(dtype)
    call, nothing = getattr(f, product), f._fill_value
    plain = getattr(f._loops or f, product)
    for options in choices(shape, axis):
        there, y = present(options, shape, axis), f(x, axis=axis, **options)
        spoilt = np.where(there, d, np.nan).astype(dtype)  # what is absent does not count
        masked = [np.where(there, a, rest).astype(dtype) for a, rest in ((d, 0.0), (y, nothing))]
        wanted = plain(masked[0], y=masked[1], axis=axis)
        with np.errstate(all="ignore"):
            degrees = np.asarray(options.get("temperature", 1.0))
            factor = f._sign / (np.expand_dims(degrees, axis) if degrees.ndim else degrees)
            np.multiply(wanted, factor, out=wanted, casting="same_kind")
        wanted[~there] = 0
        assert_same_bits(call(spoilt, y=y, axis=axis, **options), wanted)
        assert_same_bits(call(spoilt, x=x, axis=axis, **options), wanted)
        assert_same_bits(call(spoilt, y=y, axis=axis, **slowly(options)), wanted)
        into = spoilt.copy()
        assert call(into, y=y, axis=axis, **options, out=into) is into
        assert_same_bits(into, wanted)


@over_forms
def test_outputs_of_masked_rows(f, dtype):
    x, options = logits((20, 11), dtype), {"where": drawn((20, 11), -1)["where"]}
    wanted, given = f(x, **options), x.copy()
    assert f(given, **options, out=given) is given
    assert_same_bits(given, wanted)
    buffer = np.zeros(x.size + 11, dtype)
    overlapping, out = buffer[11:].reshape(x.shape), buffer[:-11].reshape(x.shape)
    overlapping[...] = x
    assert f(overlapping, **options, out=out) is out
    assert_same_bits(out, wanted)
    assert_same_bits(f(x.astype(x.dtype.newbyteorder(">")), **options), wanted)
    wide = np.empty(x.shape, np.float64)
    assert_same_bits(f(x, **options, out=wide), wanted.astype(np.float64))


@over_forms
@pytest.mark.parametrize("axis", [0, -1])
def test_an_output_in_the_memory_of_a_mask_or_of_lengths(f, dtype, axis):
    """Whose elements are read after the first of the output are written."""
    x = logits((7, 9), dtype)
    x[2, 3] = np.nan
    there = drawn(x.shape, axis)["where"]
    lengths = np.arange(np.delete(x.shape, axis)[0]) % 5
    for more in ({}, {"temperature": 0.5}, {"softcap": 2.0}, {"lengths": lengths}):
        for call in (f, functools.partial(f.backward, x=x), functools.partial(f.jvp, x=x)):
            wanted = call(x, axis=axis, **more, where=there)
            out = np.empty(x.shape, dtype)
            where = out.view(bool)[:, :: out.itemsize]
            where[...] = there
            call(x, axis=axis, **more, where=where, out=out)
            assert_same_bits(out, wanted)
            if "lengths" in more and dtype == "float64":
                counts = np.moveaxis(out.view(np.int64), axis, 0)[0]
                counts[...] = lengths
                call(x, axis=axis, lengths=counts, where=there, out=out)
                assert_same_bits(out, wanted)


@over_forms
def test_numbers_of_numpy_are_those_of_python(f, dtype):
    x = logits((6, 8), dtype)
    for axis, same in ((np.int64(0), 0), ((-1,), -1), ((np.int8(0),), 0)):
        for number in (np.float32(0.3), np.float16(70.0), np.float64(1e-300), np.int64(3)):
            got = f(x, axis=axis, temperature=number)
            assert_same_bits(got, f(x, axis=same, temperature=float(number)))
            got = f.backward(x, x=x, axis=axis, temperature=number)
            assert_same_bits(got, f.backward(x, x=x, axis=same, temperature=float(number)))
    for wrong in (np.float32("nan"), np.int64(0), np.float16("inf")):
        with pytest.raises(ValueError, match="temperature must be positive and finite"):
            f(x, temperature=wrong)


@over_forms
def test_caps_of_sequences_raise_nothing(f):
    """Though quotients by the cap overflow and underflow."""
    x = np.array([3e38, 1.0, 2.0, 1e-45, 1.0], "f4")
    with np.errstate(all="raise"):
        for cap in (0.5, 50.0):
            got = f.sequences(x, offsets=[0, 3, 5], softcap=cap)
            assert_same_bits(got[:3], f(x[:3], softcap=cap))


@pytest.mark.parametrize("f", of_kind("sum"), ids=lambda f: f.name)
@over_shapes
def test_sums_of_what_is_present(f, dtype, shape, axis):
    x, where = logits(shape, dtype), drawn(shape, axis)["where"]
    rows = zip(np.moveaxis(x, axis, -1).reshape(-1, shape[axis]),
               np.moveaxis(where, axis, -1).reshape(-1, shape[axis]), strict=True)  # fmt: skip
    wanted = [f(row[there]) for row, there in rows]
    for each in (where, where.tolist()):
        got = f(x, axis=axis, where=each)
        assert got.dtype == x.dtype
        assert np.allclose(
            np.ravel(got), wanted, rtol=4 * np.finfo(dtype).eps, atol=0, equal_nan=True
        )


@pytest.mark.parametrize("rows", [3, 2 * row_options.FEW])
@pytest.mark.parametrize(("option", "wrong"), [
    ("lengths", -1), ("lengths", 6), ("temperature", np.nan), ("temperature", 0.0),
    ("temperature", np.inf), ("temperature", -1.0),
])  # fmt: skip
def test_one_wrong_number_among_rows(rows, option, wrong):
    x, numbers = np.zeros((rows, 5)), np.ones(rows, int if option == "lengths" else float)
    fa.softmax(x, **{option: numbers})
    numbers[1] = wrong
    for call in (fa.softmax, lambda x, **options: fa.softmax.backward(x, y=x, **options)):
        with pytest.raises(ValueError, match=rf"softmax.*{option}"):
            call(x, **{option: numbers})


def test_shapes_that_do_not_fit():
    x = np.zeros((3, 5))
    for options in ({"where": np.ones((4, 3, 5), bool)}, {"where": np.ones(3, bool)},
                    {"lengths": np.ones(5, int)}, {"temperature": np.ones((3, 5))}):  # fmt: skip
        for call in (fa.softmax, lambda x, **options: fa.softmax.backward(x, y=x, **options)):
            with pytest.raises(ValueError, match=f"{next(iter(options))} must broadcast"):
                call(x, **options)
