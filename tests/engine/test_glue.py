"""The native code between NumPy or Python and the loops, and the C code that is carried as IR."""

from __future__ import annotations

import functools
import gc
import itertools
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from fastact.definition.declaration import evaluate
from fastact.definition.function import Backward, Function
from fastact.losses import shared
from fastact.native import glue, glue_layout, ufunc
from fastact.native.glue import FIRST, MADE, Form
from fastact.rowwise.row_function import SLAB
from tests.support.c_code import NATIVE, check_facts, native_ir, needs_compiler, source
from tests.support.checks import assert_same_bits

DTYPES = ("float16", "float32", "float64")
SHAPES = ((10,), (4, 10), (2, 3, 5), (3, 0), (0, 4))
FUNCTIONS = [f for f in of_kind("shares", "sum") if hasattr(f, "_forms")]
CALLS = [*FUNCTIONS, *(getattr(f, n) for f in of_kind("shares") for n in ("backward", "jvp"))]
SUMS = of_kind("sum")
over_calls = pytest.mark.parametrize("f", CALLS, ids=lambda f: f.name)


# ---------------------------------------------------------------- what is made of the C code
@pytest.mark.parametrize("name", native_ir.LAYOUTS)
def test_the_code_is_that_of_the_source(name: str) -> None:
    """Whoever edits the C runs tools/native_ir.py: this reminds them where there is no clang."""
    of = f"({native_ir.digest(source(name))})"
    assert of in NATIVE.joinpath(f"{name}.ll").read_text("utf-8").partition("\n")[0]
    assert of in str(import_module(f"fastact.native.{name}_layout").__doc__)


@pytest.mark.skipif(
    native_ir.clang() is None, reason=f"the code is compared where clang {native_ir.RELEASE} is"
)
def test_the_code_is_what_clang_makes() -> None:
    for path, text in native_ir.made(native_ir.clang()).items():
        assert NATIVE.joinpath(path.name).read_text("utf-8") == text


@needs_compiler
def test_fields_are_where_c_puts_them(tmp_path: Path) -> None:
    structs = {"python": glue.Python, "place": glue.Place}
    facts = {
        f"offsetof(struct {name}, {field})": getattr(struct, field).offset
        for name, struct in structs.items()
        for field, *_ in struct._fields_
    }
    limits = {name: getattr(glue_layout, name) for name in ("MOST_KEYWORDS", "MOST_OPERANDS")}
    check_facts("glue", facts | limits | {"SMALL": SLAB, "LOSSES": shared.SLAB}, tmp_path)


def test_python_has_what_c_names() -> None:
    of_threads = {"own_limit", "key", "limit", "sync"}
    assert {*glue.FUNCTIONS, *glue.OBJECTS, *of_threads} == {*glue_layout.PYTHON}


# ---------------------------------------------------------------- forms of calls
def not_plain(*_args: Any, **_named: Any) -> None:
    """What native code calls if no form fits."""
    raise LookupError


def natively(f: Any) -> Any:
    """The same function in native code alone."""
    axis, unshaped = "axis" if f in CALLS else None, getattr(f, "_unshaped", ())
    return ufunc.plainly(f._any_ufunc, not_plain, f._forms(), axis, unshaped=unshaped)


def given(f: Any, shape: tuple[int, ...], dtype: str) -> tuple[Any, dict[str, Any]]:
    """The array of a call, and a value for every keyword of the forms of a function."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 3, shape).astype(dtype)
    result = shape[:-1] if f in SUMS else shape
    values = {
        "y": fa.softmax(x[::-1].copy()), "out": np.empty(result, dtype),
        "where": rng.random(shape) < 0.7, "temperature": 0.3,
    }  # fmt: skip
    return x, values


@over_calls
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forms_are_what_the_calls_say(f: Any, dtype: str, shape: tuple[int, ...]) -> None:
    x, values = given(f, shape, dtype)
    seen = {*itertools.chain.from_iterable(form.keywords for form in f._forms())}
    assert ("where" in seen) == (f is not fa.logmeanexp)
    for form in f._forms():
        for order in itertools.permutations(form.keywords):
            named = {key: values[key] for key in order}
            for axis in ({}, {"axis": -1}):
                got = natively(f)(x, **named, **axis)
                wanted = f._applied(x, **{**named, "out": None}, **axis)
                assert_same_bits(np.asarray(got), np.asarray(wanted))
                assert ("out" not in named) or got is named["out"]


@over_calls
def test_arrays_of_any_layout(f: Any) -> None:
    x, values = given(f, (6, 10), "float32")
    for form in f._forms():
        named = {key: values[key] for key in form.keywords if key != "out"}
        if len(named) == len(form.keywords):
            spread = {k: v[::2, ::-1] if np.ndim(v) else v for k, v in named.items()}
            got, wanted = natively(f)(x[::2, ::-1], **spread), f._applied(x[::2, ::-1], **spread)
            assert_same_bits(np.asarray(got), np.asarray(wanted))


class Subclass(np.ndarray):
    """An array that NumPy hands back as one of its own kind."""


def other_calls(f: Any) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Calls that have no form, of which some are right and others wrong."""
    x, values = given(f, (4, 10), "float32")
    y = {"y": values["y"]} if f not in FUNCTIONS else {}
    where, big = values["where"], np.zeros((2, SLAB), "float32")
    yield (), y
    yield (x, -1), y
    kinds = (x.tolist(), x.view(Subclass), x[0, 0], np.array(x[0, 0]), x.astype(int),
             x.astype(complex), None)  # fmt: skip
    for first in kinds:
        yield (first,), y
    for axis in (0, 1, np.int64(-1), None, (0, 1), 2, "a"):
        yield (x,), {**y, "axis": axis}
    masks = (where[0], where[:, :1], where[None], where[:3], where.tolist(), where.astype(int),
             where.view(Subclass), True)  # fmt: skip
    for mask in masks:
        yield (x,), {**y, "where": mask}
    for output in y.values():
        for other in (output[0], output[:1], output[:, :1], output[:3], output[None], output[0, 0]):
            yield (x,), {"y": other}
            yield (x,), {"y": other, "where": where}
    large = {"y": big} if y else {}
    yield (big,), {**large, "where": big == 0}
    if f not in SUMS:
        for temperature in (0.0, -1.0, np.inf, np.nan, 1e-200, 1e200, 2, np.float64(2), [2.0] * 4):
            yield (x,), {**y, "temperature": temperature}
        yield (x,), {**y, "where": where, "temperature": 2.0}
        yield (x,), {**y, "where": where, "out": np.empty_like(x)}
    for out in (np.empty((4, 10)), np.empty((4, 10), "f2"), (np.empty((4, 10), "f4"),), "a"):
        yield (x,), {**y, "out": out}
    yield (x,), {**y, "unknown": 1}


def outcome(call: Any, args: Any, named: dict[str, Any]) -> tuple[str, Any]:
    """What a call gives: the result, or the error and its words."""
    try:
        return "result", call(*args, **named)
    except (TypeError, ValueError) as error:  # AxisError is both
        return type(error).__name__, str(error)


@over_calls
def test_all_else_is_not_plain(f: Any) -> None:
    f(np.ones((2, 2)), **({} if f in FUNCTIONS else {"y": np.ones((2, 2))}))
    for args, named in other_calls(f):
        with pytest.raises(LookupError):
            natively(f)(*args, **named)
        (kind, got), (wanted_kind, wanted) = (outcome(c, args, named) for c in (f, f._applied))
        assert kind == wanted_kind
        if kind == "result":
            assert_same_bits(np.asarray(got), np.asarray(wanted))
        else:
            assert got == wanted


@over_calls
def test_no_reference_is_lost_or_kept(f: Any) -> None:
    """Nor where no form fits or a step raises an error: an output of another shape, or none."""
    x, values = given(f, (4, 10), "float32")
    held = [x, *(v for v in values.values() if np.ndim(v)), *values, None, 0.3]
    held += [each for form in f._forms() for step in form.steps for each in step]
    wrong, frozen = np.empty((7, 7, 7), "float32"), values["out"].copy()
    frozen.flags.writeable = False
    call, counts = natively(f), []
    for _ in range(4):
        for _ in range(50):
            for form in f._forms():
                named = {key: values[key] for key in form.keywords}
                call(x, **named)
                if "out" in named:
                    for each in (wrong, frozen):
                        with pytest.raises((LookupError, ValueError)):
                            call(x, **{**named, "out": each})
        counts.append(sum(map(sys.getrefcount, held)))
    assert min(abs(after - before) for before, after in itertools.pairwise(counts)) < 25


def kept(call: Callable[[], Any]) -> int:
    """Bytes that a hundred calls leave behind: the least of some rounds, as a leak is in each of
    them, and what another thread or the interpreter keeps for itself is not."""
    tracemalloc.start()
    try:
        traced = [tracemalloc.get_traced_memory()[0]]
        for _ in range(4):
            for _ in range(100):
                call()
            traced.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return min(after - before for before, after in itertools.pairwise(traced))


@over_calls
def test_nothing_that_steps_make_is_kept(f: Any) -> None:
    x, values = given(f, (4, 10), "float32")
    call = natively(f)
    for form in f._forms():
        named = {key: values[key] for key in form.keywords}
        call(x, **named)
        assert kept(functools.partial(call, x, **named)) < 100 * sys.getsizeof(0.0), form.keywords


# ---------------------------------------------------------------- elements
def defaults(f: Any) -> bool:
    """Whether an activation may be called without parameters."""
    return not any(p.required for p in f.params)


def test_elements_at_defaults(f: Any, dtype: str) -> None:
    """A call without parameters is one of a ufunc, and so is `backward` from input or output."""
    if not defaults(f):
        return
    x = np.random.default_rng(0).normal(0, 3, (3, 8)).astype(dtype)
    dy, out, y = x[::-1].copy(), np.empty_like(x), f(x)
    f.backward(dy, x=x)
    sources = {"x": x, "y": y} if f.from_output else {"x": x}
    if f.from_output:
        f.backward(dy, y=y)
    calls = [(f.backward, dy, {key: value}) for key, value in sources.items()]
    calls += [(g, x, {}) for g in (f, f.derivative) if g.params and g(x) is not None]
    for g, first, named in calls:
        call = ufunc.plainly(g.ufunc, not_plain, g._forms())
        wanted = g._general(first, **named)
        assert_same_bits(call(first, **named), wanted)
        assert_same_bits(g(first, **named), wanted)
        assert call(first, **named, out=out) is out
        assert_same_bits(out, wanted)
        for wrong in ({"axis": -1}, {"where": x > 0}, {"temperature": 2.0}):
            with pytest.raises(LookupError):
                call(first, **named, **wrong)
        with pytest.raises(TypeError, match="axis"):
            g(first, **named, axis=-1)


def test_elements_with_numbers(f: Any, dtype: str) -> None:
    """Nor does Python see a call with all parameters, numbers that it has seen once."""
    if not f.params:
        return
    x = np.random.default_rng(0).normal(0, 3, (3, 8)).astype(dtype)
    dy, out = x[::-1].copy(), np.empty_like(x)
    numbers = {p.name: float(p.typical) for p in f.params}
    sources: Any = {"x": x, "y": f(x, **numbers)} if f.from_output else {"x": x}
    calls = [(g, x, {}) for g in (f, f.derivative, f.value_and_derivative)]
    calls += [(f.backward, dy, {key: value}) for key, value in sources.items()]
    for g, first, data in calls:
        for each in filter(None, (g, getattr(g, "_from_output", None))):
            each._obeyed.clear()  # those of other tests, as they have an end
        named = {**data, **numbers}
        for _ in range(2):
            wanted = g(first, **named)
        call = ufunc.plainly(g.ufunc, not_plain, g._forms(), positional=g._positional)
        assert_same_bits(call(first, **named), wanted)
        assert_same_bits(g._general(first, **named), wanted)
        if g._positional:
            assert_same_bits(call(first, *numbers.values()), wanted)
        if g is not f.value_and_derivative:
            assert call(first, **named, out=out) is out
            assert_same_bits(out, wanted)
        assert kept(functools.partial(call, first, **named)) < 100 * sys.getsizeof(0.0)
        key, number = next(iter(numbers.items()))
        for wrong in (number + 0.0625, np.float64(number), True, np.ones(8, dtype)):
            with pytest.raises(LookupError):
                call(first, **{**named, key: wrong})
        with pytest.raises(LookupError):
            call(first, **named, where=x > 0)


def test_whole_numbers_are_numbers(f: Any, dtype: str) -> None:
    if not f.params:
        return
    x = np.random.default_rng(0).normal(0, 3, (3, 8)).astype(dtype)
    names, rules = [p.name for p in f.params], f.declaration.requires
    number = next(n for n in (1, 0) if all(evaluate(r, dict.fromkeys(names, n)) for r in rules))
    whole = [number] * len(names)
    f._obeyed.clear()
    wanted = f._general(x, *map(float, whole))
    for _ in range(3):
        assert_same_bits(f(x, *whole), wanted)
    call = ufunc.plainly(f.ufunc, not_plain, f._forms(), positional=f._positional)
    assert_same_bits(call(x, *whole), wanted)


def test_numbers_that_break_a_rule_do_so_each_time() -> None:
    """Also those that the forward way may have and the way back from the output may not."""
    x = np.linspace(-3, 3, 12)
    for _ in range(3):
        fa.leaky_relu(x, -0.5)
        fa.leaky_relu.backward(x, x=x, negative_slope=-0.5)
        with pytest.raises(ValueError, match="negative_slope > 0"):
            fa.leaky_relu.backward(x, y=x, negative_slope=-0.5)
        with pytest.raises(ValueError, match="beta > 0"):
            fa.softplus(x, -1.0)
        with pytest.raises(TypeError, match="two values"):
            fa.leaky_relu(x, -0.5, negative_slope=-0.5)


def test_forms_are_made_once(f: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that are not plain, of numbers say, do not make them again."""
    if not defaults(f):
        return
    numbers = {"x": 0.5, "y": 0.5} if f.from_output else {"x": 0.5}
    calls = [functools.partial(f.backward, 1.0, **{key: value}) for key, value in numbers.items()]
    calls.append(functools.partial(f, 0.5, out=np.empty(())))
    wanted = [call() for call in calls]
    monkeypatch.setattr(Function, "_forms", not_plain)
    monkeypatch.setattr(Backward, "_forms", not_plain)
    assert [call() for call in calls] == wanted


def test_calls_go_on_where_threads_are_limited(f: Any) -> None:
    if not defaults(f):
        return
    x = np.linspace(-3, 3, 12)
    wanted = [f(x), f.backward(x, x=x)]
    for _ in range(2):
        with fa.num_threads(1):
            got = [f(x), f.backward(x, x=x)]
        for each, before in zip(got, wanted, strict=True):
            assert_same_bits(each, before)


class Raises:
    """What ufuncs hand themselves to."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __array_ufunc__(self, *_: Any, **__: Any) -> None:
        raise self.error


@pytest.mark.parametrize("kind", [ValueError, TypeError, KeyError, KeyboardInterrupt])
@pytest.mark.parametrize("options", [{}, {"casting": "safe"}], ids=str)
def test_errors_of_others_come_as_they_are(kind: Any, options: dict[str, Any]) -> None:
    error = kind("mine")
    with pytest.raises(kind) as caught:
        fa.sigmoid(Raises(error), **options)
    assert caught.value is error
    assert caught.traceback[-1].name == "__array_ufunc__"
    assert error.__context__ is error.__cause__ is None


def test_explained_errors_keep_nothing() -> None:
    x, wrong = np.ones((3, 4)), np.ones(5)

    def held(calls: int) -> list[int]:
        for _ in range(calls):
            with pytest.raises(ValueError, match=r"^sigmoid\(\): out must be of shape \(3, 4\)"):
                fa.sigmoid(x, out=wrong)
        gc.collect()
        return [sys.getrefcount(x), sys.getrefcount(wrong), len(gc.get_objects())]

    first, second = held(10), held(1000)
    assert second[:2] == first[:2]
    assert second[2] - first[2] < 100


# ---------------------------------------------------------------- with functions of Python as steps
LOSSES = [*of_kind("loss"), *of_kind("loss of labels")]
PAIRS = [*of_kind("gated"), fa.swiglu.with_params(0.5)]
over_losses = pytest.mark.parametrize("f", LOSSES, ids=lambda f: f.name)
over_both = pytest.mark.parametrize("f", [*LOSSES, *PAIRS], ids=lambda f: f.name)


def pair(f: Any, shape: tuple[int, ...], dtype: str) -> tuple[Any, Any]:
    """An input of a loss and what follows it in a plain call."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 3, shape).astype(dtype)
    if f._positional == ("labels",):
        return x, rng.integers(0, shape[-1], shape[:-1])
    return x, rng.random(shape).astype(dtype)


def in_native_code(f: Any) -> list[Any]:
    """A function and its member in native code alone."""
    ((_, forms),) = f._member_forms.items()
    given: dict[str, Any] = {
        "axis": f._axis, "positional": f._positional, "unshaped": f._unshaped
    }  # fmt: skip
    value = ufunc.plainly(f._any_ufunc, not_plain, f._forms(), **given)
    member = ufunc.plainly(f._any_ufunc, not_plain, forms, owner=(f,), **given)
    return [value, functools.partial(member, f)]


def in_general(f: Any) -> list[Any]:
    """The same as the class defines them."""
    (name,) = f._member_forms
    return [f._applied, functools.partial(getattr(type(f), name), f)]


def in_public(f: Any) -> list[Any]:
    """The same as users call them."""
    (name,) = f._member_forms
    return [f, getattr(f, name)]


def assert_same(got: Any, wanted: Any) -> None:
    """The same bits in results of the same types."""
    got, wanted = (each if type(each) is tuple else (each,) for each in (got, wanted))
    for one, other in zip(got, wanted, strict=True):
        assert type(one) is type(other)
        assert_same_bits(np.asarray(one), np.asarray(other))


def plain_calls(f: Any, shape: tuple[int, ...], dtype: str) -> Iterator[list[Any]]:
    """Calls of a function and of its member: arguments, keywords, and the shapes of `out`."""
    if f in PAIRS:
        rng = np.random.default_rng(0)
        x = rng.normal(0, 3, (*shape[:-1], 2 * shape[-1])).astype(dtype)
        dy = rng.normal(0, 3, shape).astype(dtype)
        for a, b in ((x, dy), (x[::-1], dy[..., ::-1])):
            yield [((a,), {}, shape), ((b,), {"x": a}, x.shape)]
        return
    x, second = pair(f, shape, dtype)
    for a, b in ((x, second), (x[::-1], second[::-1] if np.ndim(second) else second)):
        yield [((a, b), {}, None), ((a, b), {}, shape)]
        yield [((a,), {f._positional[0]: b}, None), ((a,), {f._positional[0]: b}, shape)]


@over_both
@pytest.mark.parametrize("shape", [(7,), (4, 10), (2, 3, 5), (40, 1, 57), (300, 300)], ids=str)
def test_plain_calls_are_the_general_ones(f: Any, shape: tuple[int, ...], dtype: str) -> None:
    for calls in plain_calls(f, shape, dtype):
        ways = zip(calls, in_native_code(f), in_general(f), in_public(f), strict=True)
        for (args, named, out_shape), native, general, public in ways:
            wanted = general(*args, **named)
            for axis in ({}, {"axis": -1}) if f._axis else ({},):
                assert_same(native(*args, **named, **axis), wanted)
                assert_same(public(*args, **named, **axis), wanted)
            if out_shape is not None:
                out = np.empty(out_shape, dtype)
                got = native(*args, **named, out=out)
                assert_same(got, wanted)
                assert (got[-1] if type(got) is tuple else got) is out


def other_pairs(f: Any) -> Iterator[list[tuple[tuple[Any, ...], dict[str, Any]]]]:
    """Calls of a pair and of its gradient that are not plain."""
    x, dy = np.linspace(-3, 3, 40, dtype="f4").reshape(4, 10), np.ones((4, 5), "f4")
    for first in (x.tolist(), x.view(Subclass), x.astype(">f4"), x.astype(int), x[0, 0], None):
        yield [((first,), {}), ((dy,), {"x": first})]
    for named in ({"axis": 0}, {"axis": 1}, {"gate_first": True}, {"unknown": 1}):
        yield [((x,), named), ((dy[:2],), {"x": x, **named})]
    for other in (dy.astype("f8"), dy.tolist(), 1.0, dy.astype(">f4")):
        yield [((x, other), {}), ((other,), {"x": x})]
    for out in (np.empty((4, 5)), (dy.copy(),), "a"):
        yield [((x,), {"out": out}), ((dy,), {"x": x, "out": out})]


def other_both(f: Any) -> Iterator[list[tuple[tuple[Any, ...], dict[str, Any]]]]:
    """Calls of a function and of its member that are not plain."""
    return other_pairs(f) if f in PAIRS else ([each, each] for each in other_losses(f))


def other_losses(f: Any) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Calls that are not plain, of which some are right and others wrong."""
    x, second = pair(f, (4, 10), "float32")
    yield (), {}
    yield (x,), {}
    yield (x, second), {f._positional[0]: second}
    yield (x, second, None), {}
    for first in (x.tolist(), x.view(Subclass), x.astype(">f4"), x.astype(int), x[0, 0], None):
        yield (first, second), {}
    kinds = [second.tolist(), second.astype("u8"), second.astype(">i8"), second.astype("f2"),
             second[:1], second[None], second.view(Subclass), None]  # fmt: skip
    yield from (((x, other), {}) for other in [*kinds, second.astype("i4"), second[..., None]])
    yield (x, second), {"reduction": "sum"}
    yield (x, second), {"axis": 0 if f._axis else -1}
    yield (x, second), {"unknown": 1}
    for out in (np.empty((4, 10)), [], (np.empty((4, 10), "f4"), None)):
        yield (x, second), {"out": out}


@over_both
def test_all_else_is_not_plain_either(f: Any) -> None:
    for calls in other_both(f):
        ways = zip(calls, in_native_code(f), in_general(f), in_public(f), strict=True)
        for (args, named), native, general, public in ways:
            with pytest.raises(LookupError):
                native(*args, **named)
            (kind, got), wanted = outcome(public, args, named), outcome(general, args, named)
            assert kind == wanted[0]
            if kind == "result":
                assert_same(got, wanted[1])
            else:
                assert got == wanted[1]


def assert_refused(f: Any, args: Any, named: dict[str, Any], way: Any = in_native_code) -> None:
    """The plain call raises the error of the general one, which names the function."""
    got, wanted = (outcome(ways(f)[1], args, named) for ways in (way, in_general))
    assert got == wanted
    assert got[0] == "ValueError"
    assert f.name in got[1]


@over_losses
def test_wrong_outputs_of_plain_losses(f: Any) -> None:
    x, second = pair(f, (4, 10), "float32")
    locked = np.empty((4, 10), "float32")
    locked.flags.writeable = False
    for out in (np.empty((4, 9), "float32"), np.empty((1, 4, 10), "float32"), locked):
        assert_refused(f, (x, second), {"out": out}, in_public)
    if f is not fa.squared_error:
        assert_refused(f, (x[:0], second[:0]), {})


@pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.name)
def test_wrong_shapes_of_plain_pairs(f: Any) -> None:
    x, dy = np.ones((4, 10), "f4"), np.ones((4, 5), "f4")
    for other in (x[:, :9], x[:3], x[:, :8], x[0]):
        assert_refused(f, (dy,), {"x": other})
    for other in (x[None], np.ones((2, 4, 10), "f4")):  # to which dy broadcasts
        native, general = (ways(f)[1] for ways in (in_native_code, in_general))
        assert_same(native(dy, x=other), general(dy, x=other))
    for other in (dy[:3], dy[:, :4], np.ones((2, 4, 5), "f4"), dy[:, :0]):
        assert_refused(f, (other,), {"x": x})
    for wrong in (np.empty((4, 9), "f4"), np.empty((2, 4, 10), "f4")):
        assert_refused(f, (dy,), {"x": x, "out": wrong})
    got, wanted = (outcome(ways(f)[0], (x[:, :9],), {}) for ways in (in_native_code, in_general))
    assert got == wanted == ("ValueError", wanted[1])


@pytest.mark.parametrize("f", of_kind("loss of labels"), ids=lambda f: f.name)
@pytest.mark.parametrize("label", [-1, 10, 2**62, -(2**63)])
def test_wrong_labels_of_plain_losses(f: Any, label: int) -> None:
    x, labels = pair(f, (4, 10), "float32")
    labels[2], out = label, np.zeros_like(x)
    assert_refused(f, (x, labels), {"out": out})
    assert not out.any()


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 127, 128, 129, 200, 257, 1000, 4097, 65536])
def test_sums_are_those_of_numpy(n: int) -> None:
    rng = np.random.default_rng(n)
    z, t, values = rng.normal(0, 3, n), rng.normal(0, 1e3, n), np.empty(n)
    function = fa.squared_error._plain_function("")
    found = function.summing(z, t, 1.0, values)
    assert type(found) is float
    assert found == np.add.reduce(values)
    assert n < 1000 or found != np.add.accumulate(values)[-1]


@pytest.mark.parametrize("labels", [[0], [3, 1], [-1, 5], [2**63 - 1], [-(2**63)], range(1000)])
def test_largest_of_labels(labels: Any) -> None:
    array = np.array(labels, "int64")
    found = ufunc.largest(fa.softmax.ufunc)(array)
    assert found == float(array.view("uint64").max())


@over_losses
def test_losses_keep_no_reference(f: Any) -> None:
    x, second = pair(f, (4, 10), "float32")
    value, both = in_native_code(f)
    for call in (functools.partial(value, x, second), functools.partial(both, x, second, out=x)):
        call()
        before = sys.getrefcount(x), sys.getrefcount(second)
        for _ in range(100):
            call()
        assert (sys.getrefcount(x), sys.getrefcount(second)) == before
        assert kept(call) < 100 * sys.getsizeof(0.0)


def test_a_step_that_fails_ends_the_call() -> None:
    def fails(x: Any) -> Any:
        raise ZeroDivisionError("of a step")

    steps: list[tuple[Any, ...]] = [
        (fa.softmax.ufunc, FIRST),
        (fails, MADE),
        (fa.softmax.ufunc, MADE),
    ]
    call = ufunc.plainly(fa.softmax.ufunc, not_plain, [Form.of(steps=steps)])
    x = np.ones(3)
    before = sys.getrefcount(x)
    with pytest.raises(ZeroDivisionError, match="of a step"):
        call(x)
    assert sys.getrefcount(x) == before


def test_room_of_forms() -> None:
    for keywords, step in ((tuple("abcdefg"), (FIRST,)), ((), (FIRST,) * 10)):
        with pytest.raises(ValueError, match="no room"):
            Form.of(*keywords, steps=[(fa.softmax.ufunc, *step)])
