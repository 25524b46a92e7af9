"""Wrong calls over the whole catalogue: by kind, for every function that the kind applies to."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import fastact as fa
from fastact.catalogue import catalogue, of_kind
from fastact.definition.activation import VARIETIES
from fastact.definition.function import Backward

X = np.linspace(-2.0, 2.0, 8).reshape(2, 4)
LABELS = np.array([0, 2])
AXIS = np.exceptions.AxisError


class Bad(NamedTuple):
    """A wrong call: what it is called, the argument that is wrong, and what is raised."""

    kind: str
    called: str  # the public name of what is called
    argument: str
    call: Callable[[], Any]
    error: type[Exception]
    said: str = ""  # what else the message must have: the nearest name, say


# What the keywords of ufuncs cannot be; each twice, as functions are called in another way then.
OPTIONS: dict[str, tuple[tuple[Any, ...], type[Exception]]] = {
    "where": (("a", "a", None, 1, [0.5], X), TypeError), "out": (("a", 1), TypeError),
    "casting": (("safest", 1), ValueError), "order": (("Q", 3), ValueError),
    "dtype": (("flat", "float33", "i4", complex, np.dtypes.Int8DType), TypeError),
    "signature": (("ii", "dd->dddd"), ValueError), "subok": (("yes", "yes"), TypeError),
    "axis": ((0, 1), TypeError), "keepdims": ((True, False), TypeError),
}  # fmt: skip


COUNTS = {"no arrays": (), "three arrays": tuple(np.empty((3, *X.shape)))}


def of_options(called: str, f: Callable[..., Any]) -> list[Bad]:
    """Calls of a ufunc of elements with keywords that make no sense."""
    wrong = [
        Bad(f"a wrong {key} of a ufunc", called, key,
            lambda key=key, value=value: f(X, **{key: value}), error)
        for key, (values, error) in OPTIONS.items() for value in values
    ]  # fmt: skip
    wrong += [
        Bad(f"{count} for results", called, "out", lambda out=out: f(X, out=out), TypeError)
        for count, out in COUNTS.items()
    ]
    cast = Bad("a cast that is not allowed", called, "float64 with casting='no'",
               lambda: f(X.astype(int), casting="no"), TypeError)  # fmt: skip
    return [*wrong, cast]


# What a parameter cannot be; None is a value of some.
PARAMETERS: dict[str, tuple[Any, type[Exception]]] = {
    "text": ("a", TypeError), "None": (None, TypeError), "an object": (..., TypeError),
    "objects": (np.array([1.0, None]), TypeError), "complex": (1j, TypeError),
    "a list of text": (["a", "b"], TypeError), "a ragged list": ([1.0, [2.0]], TypeError),
    "an array of another shape": (np.ones(3), ValueError),
}  # fmt: skip


def of_parameters(f: Any) -> Iterator[Bad]:
    """Calls of an activation and of its members with parameters that are no numbers."""
    members = {
        f.name: f, **{f"{f.name}.{m}": getattr(f, m) for m in VARIETIES},
        f"{f.name}.backward": lambda x, **p: f.backward(x, x=x, **p),
    }  # fmt: skip
    yield Bad("a number that is too large", f"{f.name}.backward", "dy",
              lambda: f.backward(10**400, x=X, **named(f)), TypeError)  # fmt: skip
    if f._partials:
        members[f"{f.name}.backward_params"] = lambda x, **p: f.backward_params(x, x=x, **p)
    if f.declaration.masked is not None:
        members[f"{f.name}.forward_with_mask"] = f.forward_with_mask
    for p, (kind, (value, error)) in itertools.product(f.params, PARAMETERS.items()):
        wrong = (
            value * p.typical if isinstance(value, np.ndarray) and error is ValueError else value
        )
        given = named(f) | {p.name: wrong}
        for called, member in members.items() if value is not None or p.none is None else ():
            yield Bad(f"a parameter that is {kind}", called, p.name,
                      lambda member=member, given=given: member(X, **given), error)  # fmt: skip


def named(f: Any) -> dict[str, float]:
    return {p.name: p.typical for p in f.params}


def of_activation(f: Any) -> list[Bad]:
    """Elementwise functions; those without parameters are ufuncs, whose errors are NumPy's."""
    n, p, product = f.name, named(f), f"{f.name}.backward"
    found = [
        Bad("no argument", n, "", f, TypeError),
        Bad("a gradient without the input", product, "x=", lambda: f.backward(X, **p), TypeError),
        Bad("input and output", product, "y=", lambda: f.backward(X, x=X, y=X, **p), TypeError),
        Bad("the input by position", product, "x=x", lambda: f.backward(X, X, **p), TypeError),
        Bad("no gradient", product, "dy", lambda: f.backward(x=X, **p), TypeError),
        Bad("an unknown keyword of a gradient", product, "inptu",
            lambda: f.backward(X, inptu=X, **p), TypeError),
        Bad("an unknown keyword", n, "dim", lambda: f(X, dim=1, **p), TypeError),
        Bad("complex numbers", n, "x must be", lambda: f(X + 1j, **p), TypeError),
        Bad("text", n, "x must be", lambda: f("text", **p), TypeError),
        Bad("an output of another shape", n, "out", lambda: f(X, out=np.empty(3), **p),
            ValueError),
        Bad("an output of integers", n, "out", lambda: f(X, out=X.astype(int), **p), TypeError),
        Bad("an unknown member", n, "derivatve", lambda: f.derivatve, AttributeError, "derivative"),
    ]  # fmt: skip
    if not f.from_output and f.declaration.masked is None:
        found.append(Bad("an output that is not enough", product, "x=",
                         lambda: f.backward(X, y=X, **p), TypeError))  # fmt: skip
    found += of_parameters(f)
    needed = [p[each.name] for each in f.params if each.required]
    members = {n: f, **{f"{n}.{m}": getattr(f, m) for m in VARIETIES}}
    for called, member in members.items():
        found += of_options(called, lambda x, member=member, **k: member(x, *needed, **k))
    found.append(Bad("an output that is text", product, "out",
                     lambda: f.backward(X, x=X, out="a", **p), TypeError))  # fmt: skip
    for key, value in p.items():
        found += [
            Bad("a parameter twice", n, key, lambda key=key: f(X, *p.values(), **{key: 1.0}),
                TypeError),
            Bad("a parameter of an expression that is no number", n, key,
                lambda key=key: f.with_params(**p | {key: X}), TypeError),
            Bad("a misspelt parameter", n, f"{key}x",
                lambda key=key, value=value: f(X, **{f"{key}x": value}), TypeError, key),
        ]  # fmt: skip
    found += [
        Bad("too many parameters of an expression", f"{n}.with_params", f"takes {len(p)}",
            lambda: f.with_params(*p.values(), 1.0), TypeError),
        Bad("a parameter of an expression that there is not", f"{n}.with_params", "zeta",
            lambda: f.with_params(**p | {"zeta": 1.0}), TypeError),
    ]  # fmt: skip
    if p:
        found.append(Bad("too many arguments", n, "x", lambda: f(X, *p.values(), 1.0), TypeError))
    else:
        found.append(Bad("parameters that there are not", f"{n}.backward_params", "",
                         lambda: f.backward_params(X, x=X), TypeError))  # fmt: skip
    return found


def of_rows(f: Any) -> list[Bad]:
    n = f.name
    wrong: dict[str, tuple[Any, type[Exception]]] = {
        "axis": ("rows", TypeError), "where": (X, TypeError), "temperature": (-1.0, ValueError),
        "lengths": (1.5, TypeError), "causal": ("no", TypeError), "softcap": (0.0, ValueError),
    }  # fmt: skip
    members = {n: lambda **k: f(X, **k), f"{n}.backward": lambda **k: f.backward(X, y=X, **k),
               f"{n}.jvp": lambda **k: f.jvp(X, x=X, **k),
               f"{n}.jacobian": lambda **k: f.jacobian(X, **k)}  # fmt: skip
    found = []
    for called, call in members.items():
        if called.endswith("backward") and not f._smooth:
            continue
        found += [
            Bad(f"a wrong {key}", called, key,
                lambda call=call, key=key, value=value: call(**{key: value}), error)
            for key, (value, error) in wrong.items()
            if called == n or key != "softcap"
        ]  # fmt: skip
        found += [
            Bad("another package's keyword", called, "dim", lambda call=call: call(dim=1),
                TypeError, "axis"),
            Bad("an axis that there is not", called, "axis", lambda call=call: call(axis=5), AXIS),
        ]  # fmt: skip
    return [
        *found,
        Bad("an unknown member", n, "apply", lambda: f.apply, AttributeError),
        Bad("no argument", n, "x", f, TypeError),
        Bad("text", n, "", lambda: f(np.array(["a"]), where=True), TypeError),
        Bad("complex numbers", n, "x", lambda: f(X + 1j, temperature=2.0), TypeError),
        Bad("an unknown policy", n, "inf", lambda: f(X, inf="limt"), ValueError, "limit"),
        Bad("an output that is a list", n, "out", lambda: f(X, out=[1]), TypeError),
        Bad("an output of another shape", n, "out",
            lambda: f(X, temperature=2.0, softcap=1.0, out=np.empty(3)), ValueError),
        Bad("lengths beside offsets", f"{n}.sequences", "", lambda: f.sequences(X[0]), TypeError),
        Bad("offsets that fall", f"{n}.sequences", "offsets",
            lambda: f.sequences(X[0], offsets=[0, 3, 1, 4]), ValueError),
        *of_options_of_rows(f),
    ]  # fmt: skip


# What an option of a function along an axis cannot be, beside what `of_rows` has.
ROW_OPTIONS: dict[str, tuple[tuple[Any, ...], type[Exception]]] = {
    "axis": ((1.5, (0, "a"), X, True, (True,), b"\0", {0, 1}), TypeError),
    "where": (("a", 2.0, ["no"]), TypeError),
    "temperature": ((0.0, np.nan, np.inf, [-1.0, 1.0], np.ones(3)), ValueError),
    "lengths": ((-1, 9, [0, 1, 2], 2**64 - 1), ValueError), "causal": ((2, None, X), TypeError),
    "softcap": ((-1.0, np.nan, np.inf), ValueError), "keepdims": ((2, None), TypeError),
    "return_sign": (("no", 2), TypeError), "b": (("a", 1j), TypeError),
    "hard": (("no", 2), TypeError), "return_shares": (("no", 2), TypeError),
    "empty": (("zeros", 0), ValueError), "inf": (("limits", 0), ValueError),
    "rng": ((0, None, "a"), TypeError),
}  # fmt: skip
NUMBERS = {"temperature": TypeError, "softcap": TypeError, "lengths": TypeError}


def of_options_of_rows(f: Any) -> Iterator[Bad]:
    """Calls of a function along an axis and its members with options that make no sense."""
    first = {"backward": {"x": X}, "jvp": {"x": X}, "jacobian": {}, "": {}}
    for member, given in first.items():
        call = getattr(f, member, None) if member else f
        known = inspect.signature(call).parameters if call else ()
        more = given | ({"rng": np.random.default_rng(0)} if "rng" in known else {})
        wrong = [(k, v, error) for k, (vs, error) in ROW_OPTIONS.items() for v in vs]
        wrong += [(k, v, error) for k, error in NUMBERS.items() for v in ("a", 1j, [None])]
        for key, value, error in wrong if getattr(f, "_smooth", True) or not member else ():
            if key in known:
                x = np.ones(()) if f in of_kind("sum") and member == "backward" else X
                yield Bad(f"a {key} of rows that is none", f"{f.name}.{member}".rstrip("."), key,
                          functools.partial(call, x, **more | {key: value}), error)  # fmt: skip


def of_samples(f: Any) -> list[Bad]:
    n = f.name
    return [
        Bad("no argument", n, "x", lambda: f(rng=np.random.default_rng(0)), TypeError),
        Bad("no generator", n, "rng", lambda: f(X), TypeError),
        Bad("another package's keyword", n, "tau", lambda: f(X, rng=None, tau=2.0), TypeError,
            "temperature"),
        Bad("an unknown member", n, "backward", lambda: f.backward, AttributeError),
        *of_options_of_rows(f),
    ]  # fmt: skip


def of_outputs(f: Any) -> Iterator[Bad]:
    """Calls with one array for two results."""
    target = LABELS if f in of_kind("loss of labels") else X
    calls: dict[str, Callable[..., Any]] = {
        "value_and_derivative": lambda call, **k: call(X, **named(f), **k),
        "gradient_and_hessian": lambda call, **k: call(X, target, **k),
        "split": lambda call, **k: call.backward(X, gate=X, value=X, **k),
    }
    for member, make in calls.items():
        call = getattr(f, member, None)
        room = np.empty((3, *X.shape[1:]))
        for out in ((room[:2],) * 2, (room[:2], room[1:])) if call else ():
            called = f"{f.name}.{member}" + ".backward" * (member == "split")
            made = functools.partial(make, call, out=out)
            yield Bad("one array for two results", called, "out", made, ValueError)


def of_sum(f: Any) -> list[Bad]:
    n = f.name
    return [
        Bad("no argument", n, "x", f, TypeError),
        Bad("another package's keyword", n, "dim", lambda: f(X, dim=1), TypeError, "axis"),
        Bad("another package's keyword", n, "keepdim", lambda: f(X, keepdim=True), TypeError,
            "keepdims"),
        Bad("a wrong axis", n, "axis", lambda: f(X, axis="rows"), TypeError),
        Bad("an axis that there is not", n, "axis", lambda: f(X, axis=5), AXIS),
        Bad("a switch that is none", n, "keepdims", lambda: f(X, keepdims="no"), TypeError),
        Bad("a wrong where", n, "where", lambda: f(X, where=X), TypeError),
        Bad("an output that is a list", n, "out", lambda: f(X, where=X > 0, out=[1]), TypeError),
        Bad("no input", f"{n}.backward", "x", lambda: f.backward(X[:, 0]), TypeError),
        Bad("complex numbers", n, "x", lambda: f(X + 1j, where=X > 0), TypeError),
        *of_options_of_rows(f),
    ]  # fmt: skip


def of_pair(f: Any) -> list[Bad]:
    n = f.name
    return [
        Bad("no argument", n, "x", f, TypeError),
        Bad("another package's keyword", n, "dim", lambda: f(X, dim=1), TypeError, "axis"),
        Bad("a switch that is none", n, "gate_first", lambda: f(X, gate_first="yes"), TypeError),
        Bad("halves that are none", n, "", lambda: f(X[:, :3]), ValueError),
        Bad("an output of integers", n, "out", lambda: f(X, out=np.empty((2, 2), int)), TypeError),
        Bad("an output of another shape", n, "out", lambda: f(X, out=np.empty(3)), ValueError),
        *of_options(f"{n}.split", lambda x, **k: f.split(x, x, **k)),
        Bad("an output that is text", f"{n}.split.backward", "out",
            lambda: f.split.backward(X, gate=X, value=X, out=("a", "b")), TypeError),
        Bad("no value", f"{n}.split", "value", lambda: f.split(X), TypeError),
        Bad("complex numbers", n, "x", lambda: f(X + 1j), TypeError),
    ]  # fmt: skip


# What an option of a loss cannot be; those that it has, its signature tells.
LOSS_OPTIONS: dict[str, tuple[tuple[Any, ...], type[Exception]]] = {
    "weight": (("a", 1j, [None]), TypeError), "pos_weight": (("a", 1j, [None]), TypeError),
    "label_smoothing": (("a", 1j), TypeError), "ignore_index": ((1.5, "a", True), TypeError),
    "alpha": (("a", 1j), TypeError), "gamma": (("a", 1j), TypeError),
    "log_target": (("no", 2.0), TypeError), "axis": (("rows", 1.5, True, b"\1"), TypeError),
    "reduction": ((3, "mena", ["mean"]), ValueError), "activation": ((np.tanh, 3), TypeError),
}  # fmt: skip
LOSS_RANGES = {
    "label_smoothing": (-0.5, 2.0, np.nan), "alpha": (-1.0, 2.0), "gamma": (-1.0,),
    "hessian_scale": (np.inf, -np.inf, np.nan),
}  # fmt: skip


def of_options_of_loss(f: Any, target: Any) -> Iterator[Bad]:
    """Calls of a loss and its members with options that make no sense."""
    for member in ("", "value_and_grad", "gradient_and_hessian"):
        called, call = f"{f.name}.{member}".rstrip("."), getattr(f, member, None) if member else f
        known = inspect.signature(call).parameters if call else ()
        for key, (values, error) in LOSS_OPTIONS.items():
            for value in values if key in known else ():
                yield Bad(f"a wrong {key} of a loss", called, key,
                          lambda call=call, key=key, value=value: call(X, target, **{key: value}),
                          error)  # fmt: skip
        for key, values in LOSS_RANGES.items():
            for value in values if key in known else ():
                yield Bad(f"a {key} of a loss out of its range", called, key,
                          lambda call=call, key=key, value=value: call(X, target, **{key: value}),
                          ValueError)  # fmt: skip


def of_loss(f: Any) -> list[Bad]:
    n, target = f.name, LABELS if f in of_kind("loss of labels") else X
    found = [
        Bad("no target", n, "", lambda: f(X), TypeError),
        Bad("an unknown keyword", n, "weigth", lambda: f(X, target, weigth=1.0), TypeError),
        Bad("targets of another shape", n, "", lambda: f(X, np.zeros((3, 5), target.dtype)),
            ValueError),
        Bad("an output that is a number", f"{n}.value_and_grad", "out",
            lambda: f.value_and_grad(X, target, out=1), TypeError),
        Bad("complex numbers", n, "", lambda: f(X + 1j, target), TypeError),
        Bad("text", n, "", lambda: f(np.array(["a"]), target), TypeError),
    ]  # fmt: skip
    if "reduction" in inspect.signature(f).parameters:
        found.append(Bad("an unknown reduction", n, "reduction",
                         lambda: f(X, target, reduction="men"), ValueError, "mean"))  # fmt: skip
    return [*found, *of_options_of_loss(f, target)]


def of_others() -> list[Bad]:
    """What is in no list of functions."""
    own = fa.activation
    return [
        Bad("an unknown function", "fastact", "gellu", lambda: fa.gellu, AttributeError, "gelu"),
        Bad("a parameter that there is not", "swiglu.with_params", "bta",
            lambda: fa.swiglu.with_params(bta=2.0), TypeError),
        Bad("what is no function", "activation", "", lambda: own(3.0), TypeError),
        Bad("odd and even", "activation", "odd",
            lambda: own(lambda x: x, odd=True, even=True), ValueError),
        Bad("a direction in words", "activation", "monotone",
            lambda: own(lambda x: x, monotone="up"), ValueError),
        Bad("an empty domain", "activation", "domain",
            lambda: own(lambda x: x, domain=(1, -1)), ValueError),
        Bad("an unknown keyword", "activation", "derivativ",
            lambda: own(lambda x: x, derivativ=abs), TypeError, "'derivative'"),
        *(Bad("kinks that are no numbers", "activation", "kinks",
              lambda kink=kink: own(lambda x, a=1.0: x, kinks=[kink]), ValueError)
          for kink in (("1/0", 0), ("(-1)**.5", 0), ("1e999", 0), (np.nan, 0), (0, np.nan),
                       ("1/(a-1)", 0), (10**400, 0), (0, "nan"), (np.inf, 0))),
        *(Bad("kinks that are none", "activation", "kinks",
              lambda kinks=kinks: own(lambda x: x, kinks=kinks), TypeError) for kinks in (5, None)),
        *(Bad("a default that is no number", "activation", "the default of a",
              lambda value=value: own(lambda x, a=value: x), TypeError)
          for value in ("a", "1.5", None, np.ones(2), 10**400)),
        Bad("an end that has no value", "activation", "domain",
            lambda: own(lambda x: x, domain=("1/0", 1)), ValueError),
        *(Bad("parameters that are no dict", "activation", key,
              lambda key=key: own(lambda x, a=1.0: x, **{key: 5}), TypeError)
          for key in ("params", "partials")),
        *(Bad("a range that is none", "activation", "params['a']",
              lambda ends=ends, error=error: own(lambda x, a=1.0: x, params={"a": ends}), error)
          for ends, error in ((5, TypeError), (("x", 1), TypeError), ((2, 1), ValueError))),
        Bad("a direction in a list", "activation", "monotone",
            lambda: own(lambda x: x, monotone=[1]), ValueError),
        Bad("a domain that is a number", "activation", "domain",
            lambda: own(lambda x: x, domain=3), TypeError),
        Bad("kinks that are no pairs", "activation", "kinks",
            lambda: own(lambda x: x, kinks=[1.0]), TypeError),
        Bad("an unknown parameter in a kink", "activation", "'a'",
            lambda: own(lambda x: x, kinks=[("a", 1.0)]), ValueError),
        Bad("a name that is a number", "activation", "name",
            lambda: own(lambda x: x, name=3), TypeError),
        Bad("no activation", "check", "f", lambda: fa.check(np.tanh), TypeError),
        Bad("no activation", "diagnose", "f", lambda: fa.diagnose(X, np.tanh), TypeError),
        Bad("an axis that there is not", "diagnose", "axis",
            lambda: fa.diagnose(X, fa.relu, axis=5), AXIS),
        Bad("an axis in words", "diagnose", "axis",
            lambda: fa.diagnose(X, fa.relu, axis="rows"), TypeError),
        Bad("no axis", "diagnose", "axis", lambda: fa.diagnose(X, fa.relu, axis=()), ValueError),
        Bad("threads that are no number", "set_num_threads", "",
            lambda: fa.set_num_threads("two"), TypeError),
        Bad("no threads", "set_num_threads", "", lambda: fa.set_num_threads(0), ValueError),
        Bad("threads that are no number", "num_threads", "",
            lambda: fa.num_threads(1.5), TypeError),
        Bad("threads that are a bool", "set_num_threads", "n",
            lambda: fa.set_num_threads(True), TypeError),
        Bad("no argument", "num_threads()", "'n'", fa.num_threads, TypeError),
        Bad("a hidden number", "elu", "alpha",
            lambda: fa.elu.with_params(alpha=np.ma.masked), TypeError),
        Bad("a hidden number", "activation", "", lambda: fa.elu + np.ma.masked, TypeError),
        Bad("a number that is too large", "elu", "alpha",
            lambda: fa.elu.with_params(10**400), TypeError),
        Bad("a number that is too large", "activation", "finite",
            lambda: fa.gelu + 10**400, ValueError),
    ]  # fmt: skip


# What makes the wrong calls of a function, by its kind.
MAKERS: dict[str, Callable[[Any], list[Bad]]] = {
    "elementwise": of_activation, "gated": of_pair, "shares": of_rows, "samples": of_samples,
    "sum": of_sum, "loss": of_loss, "loss of labels": of_loss,
}  # fmt: skip


def functions_of(f: Any, called: str) -> Iterator[tuple[str, Any]]:
    """A function and all that users may call of it, by their names.

    What takes one argument by position says more of the others: see `test_face`.
    """
    if not isinstance(f, Backward):
        yield called, f
    for name in dir(f):
        member = getattr(f, name) if name[0] != "_" and name != "ufunc" else None
        if callable(member) and not isinstance(member, fa.Activation):
            yield from functions_of(member, f"{called}.{name}")


def of_places(f: Any) -> Iterator[Bad]:
    """Calls with no argument, and with more by position than there are places."""
    for called, call in functions_of(f, f.name):
        if called.endswith("forward_with_mask") and f.declaration.masked is None:
            continue
        known = inspect.signature(call).parameters.values()
        places = [p for p in known if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
        given = [X, *(X for _ in places)]
        yield Bad("more arguments than places", called, f"({', '.join(p.name for p in places)})",
                  functools.partial(call, *given), TypeError, f", got {len(given)}")  # fmt: skip
        if any(p.default is p.empty for p in places):
            yield Bad("no argument", called, places[0].name, call, TypeError)


def bad_calls() -> list[Bad]:
    """Every wrong call of the table."""
    functions = [(each.kind, each.function) for each in catalogue.values()]
    found = [b for kind, f in functions for b in (*MAKERS[kind](f), *of_places(f), *of_outputs(f))]
    return [*found, *of_others()]


INTERNAL = ("general", "Normaliser", "Function", "__call__", "LogSum.", "GatedPair", "_bind",
            "object has no attribute", "NoneType", "_kernel", "argument: 'self'", "'_")  # fmt: skip


def faults(bad: Bad) -> str:
    """What is wrong with what a wrong call says; nothing if it says all."""
    try:
        result = bad.call()
    except bad.error as error:
        text = str(error)
    except Exception as error:  # noqa: BLE001  # whatever else
        return f"raises {type(error).__name__}: {error}"
    else:
        return f"returns {result!r:.60}"
    lacking = [each for each in (bad.called, bad.argument, bad.said) if each not in text]
    shown = [each for each in INTERNAL if each in text]
    return f"lacks {lacking}, shows {shown}: {text}" if lacking or shown else ""
