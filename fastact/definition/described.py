"""What editors, `help` and `inspect.signature` show of an activation and its members.

Signatures and docstrings are made from the declaration when they are asked for, so that importing
the package pays for none. A member says by `_signature` and `_document` what makes its own.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import MISSING, nearest
from fastact.definition.declaration import MAX_ULP, Declaration, Field, Parameter, evaluate
from fastact.native.vectorcall import Vectorcalled

if TYPE_CHECKING:
    from inspect import Signature

OPTIONS: dict[str, Any] = {"out": None, "where": True, "dtype": None, "casting": "same_kind"}


class OfObject:
    """An attribute that each object makes for itself; its class has another, or none."""

    def __init__(self, make: str, of_class: Any = MISSING) -> None:
        self.make, self.of_class = make, of_class

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is not None:
            return getattr(instance, self.make)()
        if self.of_class is MISSING:
            raise AttributeError(f"{owner.__name__!r} has none; its objects have: {self.make}")
        return self.of_class


class Described:
    """What has a docstring and a signature for each object, beside those of its class.

    Python looks for both on the class. An object that is given a `__doc__` keeps it.
    """

    __slots__ = ()
    __signature__ = OfObject("_signature")

    def __init_subclass__(cls) -> None:
        cls.__doc__ = OfObject("_document", cls.__doc__)  # type: ignore[assignment]

    if not TYPE_CHECKING:  # checkers would take every name for a member

        def __getattr__(self, name: str) -> Any:
            """Say which member is meant by one that there is not."""
            if name.startswith("_"):  # Python asks for these, of what is not made yet too
                raise AttributeError(name)
            hint = nearest(name, (known for known in dir(self) if known[0] != "_"))
            raise AttributeError(f"{self!r} has no {name!r}{hint}", name=name, obj=self)

    @property
    def _numba_type_(self) -> Any:
        """What `numba.typeof` asks of objects that it does not know."""
        return numba_type(self)

    def _signature(self) -> Signature:
        raise NotImplementedError

    def _document(self) -> str:
        raise NotImplementedError


def numba_type(value: Any) -> Any:
    """Numba's type of what can be called.

    It knows these once Numba has loaded its extensions, which it does when it first compiles.
    """
    sys.modules["numba.core.entrypoints"].init_all()  # Numba asks, so it is there
    types = sys.modules["numba.core.typing.typeof"].typeof_impl
    if types.dispatch(type(value)) is types.dispatch(object):  # ours is not installed
        raise AttributeError("_numba_type_")
    return sys.modules["numba"].typeof(value)


class Method(Described):
    """A method of one activation: it is called like a function, and documents itself."""

    def __init__(self, owner: Any, function: Callable[..., Any]) -> None:
        self.__self__, self.__func__ = owner, function
        self.__module__, self.__name__ = "fastact", function.__name__.lstrip("_")
        self.__qualname__ = f"{owner.name}.{self.__name__}"

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.__func__(self.__self__, *args, **named)

    def _signature(self) -> Signature:
        return METHODS[self.__name__](self.__self__.params)

    def _document(self) -> str:
        return member(self.__self__, self.__name__)

    def __reduce__(self) -> Any:
        return getattr, (self.__self__, self.__name__)

    def __repr__(self) -> str:
        return f"<fastact.{self.__qualname__}{self._signature()}>"


class OfOwner:
    """In the class of activations: a function that is a `Method` of each."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: type) -> Any:
        return self.function if instance is None else Method(instance, self.function)


def method(function: Callable[..., Any]) -> Any:
    """Make a function of the class of activations a `Method` of each."""
    return OfOwner(function)


class Documented(Described):
    """What is the only object of its class, whose docstring is that of the object.

    `help` describes the class instead of an object that has the same docstring.
    """

    __slots__ = ()
    name: str
    _text = ""
    _method = "__call__"  # of its class, that does what a call does
    # By the names of the parameters of `__call__`: what they are called; what ``**`` stands for.
    _words: Mapping[str, str] = MappingProxyType({})
    _passed_on: Mapping[str, Any] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        cls._text = cls.__doc__ or cls._text
        super().__init_subclass__()
        cls.__doc__ = OfObject("_document", "The class of one function: see its docstring.")  # type: ignore[assignment]

    def _signature(self) -> Signature:
        return plain(getattr(type(self), self._method), self._words, self._passed_on, bound=True)

    def _document(self) -> str:
        return self._text

    def _member(self, _name: str, text: str) -> str:
        """The docstring of a method whose own is `text`."""
        return text

    def _repr_html_(self) -> str:
        """What a notebook shows: the first line of the docstring, the formula, and errors."""
        from fastact.definition import html

        return html.documented(self)

    def _repr_latex_(self) -> str | None:
        """The formula, if the docstring has one."""
        from fastact.definition import html

        return html.latex(html.formula_of(self))


class Shown:
    """In the class of a function: a method that each object shows under a name of its own.

    The first look makes it, so that importing the package pays for none; a call costs little more
    than that of any method.
    """

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method = method

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self.method
        found = MethodType(OfOne(self.method, instance), instance)
        instance.__dict__[self.method.__name__] = found
        return found


class OfOne(Vectorcalled):
    """The function of a bound method, of which all is asked that is asked of the method.

    It has the name, the signature and the docstring of the method of one object. Calling it is
    calling the method of the class, or what the object has put into the slot `__call__` instead.
    """

    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Any

    def __init__(self, method: Any, instance: Any) -> None:
        from inspect import cleandoc

        self.__call__, self._instance = method, instance
        self.__signature__ = plain(method)
        self.__module__, self.__name__ = "fastact", method.__name__
        self.__qualname__ = f"{instance.name}.{method.__name__}"
        self.__doc__ = instance._member(method.__name__, cleandoc(method.__doc__ or ""))

    @property
    def _numba_type_(self) -> Any:
        return numba_type(MethodType(self, self._instance))

    def __reduce__(self) -> Any:
        return function_of, (self._instance, self.__name__)


def function_of(instance: Any, name: str) -> Any:
    """The function of a bound method: cloudpickle sends it apart from the object."""
    return getattr(instance, name).__func__


def shown(method: Callable[..., Any]) -> Any:
    """Make a method of a function's class one that each object shows as its own."""
    return Shown(method)


def called(owner: Any, name: str) -> str:
    """How a method of a function is called."""
    return f"{owner.name}.{name}{plain(getattr(type(owner), name), bound=True)}"


# ---------------------------------------------------------------- signatures
def plain(
    function: Callable[..., Any],
    words: Mapping[str, str] = MappingProxyType({}),
    passed_on: Mapping[str, Any] = MappingProxyType({}),
    *,
    bound: bool = False,
) -> Signature:
    """A function's signature without annotations; what ``**`` stands for is told one by one."""
    import inspect

    found = inspect.signature(function)
    own = [
        p.replace(name=words.get(p.name, p.name), annotation=p.empty)
        for p in list(found.parameters.values())[bound:]
        if p.kind is not p.VAR_KEYWORD
    ]
    kind = inspect.Parameter.KEYWORD_ONLY
    more = [inspect.Parameter(name, kind, default=value) for name, value in passed_on.items()]
    return inspect.Signature([*own, *more])


def signature(
    data: Iterable[str],
    params: Iterable[Parameter] = (),
    options: Mapping[str, Any] | None = None,
    *,
    by_name: bool = False,
) -> Signature:
    """Data by position alone, parameters by position or name, or by name alone, and options."""
    import inspect

    kind = inspect.Parameter
    found = [kind(name, kind.POSITIONAL_ONLY) for name in data]
    options = {} if options is None else options
    named = [
        kind(name, kind.KEYWORD_ONLY, default=kind.empty if value is MISSING else value)
        for name, value in options.items()
    ]
    of_params = [
        kind(
            p.name,
            kind.KEYWORD_ONLY if by_name else kind.POSITIONAL_OR_KEYWORD,
            default=kind.empty if p.required else p.default,
        )
        for p in params
    ]
    return inspect.Signature(
        [*found, *named, *of_params] if by_name else [*found, *of_params, *named]
    )


METHODS: Mapping[str, Callable[[Iterable[Parameter]], Signature]] = {
    "backward_params": lambda params: signature(("dy",), params, {"x": MISSING}, by_name=True),
    "with_params": lambda params: signature((), params),
}


# ---------------------------------------------------------------- docstrings
# What backward(y=) promises.
LOSS = """
From the output f'(x) is off by at most {loss} eps max(1, abs(f'(x))), where eps is that of
`numpy.finfo`, unless `y` was rounded to the output at a kink or to infinity."""
ACTIVATION = """{summary}

.. math:: f(x) = {formula}

Parameters
----------
x : array_like of float16, float32 or float64
    Any shape. Integers and bool are converted to float64.{parameters}
out, where, dtype, casting
    As for every `numpy.ufunc`.

Returns
-------
ndarray or scalar
    Of the shape that the arguments broadcast to and the dtype of `x`.

Raises
------
TypeError
    For complex, object, string and longdouble input.{raises}

Notes
-----
Limits: {limits}; NaN gives NaN. No floating-point warning is raised.
Kinks: {kinks}.
Error: at most {ulp32:g} ulp in float32 and {ulp64:g} ulp in float64, for value and derivative.
Backward: from the input ``x=``{from_output}.{loss}{source}

Examples
--------
>>> import numpy as np, fastact as fa
>>> x = np.array([0.25, 0.5, 0.75], dtype=np.float32)
>>> fa.{name}(x{arguments}).dtype
dtype('float32')
>>> dy = np.ones_like(x)
>>> bool((fa.{name}.backward(dy, x=x{arguments}) == fa.{name}.derivative(x{arguments})).all())
True
"""


def written(value: Field, d: Declaration) -> str:
    """A number, or an expression in parameters; with a condition, its value for the usual ones."""
    usual = {p.name: p.typical for p in d.params}
    if isinstance(value, str) and " if " not in value:
        names = re.compile("|".join(usual) or "(?!)")
        return names.sub(r"`\g<0>`", value)
    return f"{evaluate(value, usual):g}"


def limits(d: Declaration) -> str:
    """The limits at the ends of the domain, where conditions hold for the usual parameters."""
    usual = {p.name: p.typical for p in d.params}
    ends = [evaluate(end, usual) for end in d.domain]
    told = [f"{written(y, d)} at {x:g}" for x, y in zip(ends, d.limits or (), strict=True)]
    inside = "" if all(map(np.isinf, ends)) else f"; NaN outside [{ends[0]:g}, {ends[1]:g}]"
    return ", ".join(told) + inside


def kinks(d: Declaration) -> str:
    """The convention at each kink."""
    found = [
        f"at x = {written(k.at, d)} the derivative is taken to be {written(k.derivative, d)}"
        for k in d.kinks
    ]
    return "; ".join(found) or "none"


def parameters(params: Iterable[Parameter]) -> str:
    """The section of a docstring that lists parameters."""
    described = [
        f"\n{p.name} : array_like"
        + (
            ""
            if p.required
            else f", default {p.default if p.default is None else f'{p.default:g}'}"
        )
        + "\n    Broadcasts against `x`."
        for p in params
    ]
    return "".join(described)


def arguments(params: Iterable[Parameter]) -> str:
    """What an example must give after `x`."""
    return "".join(f", {p.name}={p.typical:g}" for p in params if p.required)


def as_factor(expression: str) -> str:
    """An expression as it is written before what it is multiplied with: a sum in brackets."""
    node = ast.parse(expression, mode="eval").body
    a_sum = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    return f"({expression})" if a_sum else expression


def activation(d: Declaration, summary: str, reference: str) -> str:
    """The docstring of an activation of the catalogue."""
    from_output = "derivative_from_output" in d.kernels
    factor = d.output_loss if isinstance(d.output_loss, str) else f"{d.output_loss:g}"
    return ACTIVATION.format(
        summary=summary,
        formula=d.formula,
        parameters=parameters(d.params),
        raises="".join(f"\nValueError\n    Unless {rule}." for rule in d.requires),
        limits=limits(d),
        kinks=kinks(d),
        ulp32=MAX_ULP["float32"]["forward"],
        ulp64=MAX_ULP["float64"]["derivative"],
        from_output=" or the output ``y=``" * from_output
        + " or the ``mask=`` of `forward_with_mask`" * (d.masked is not None),
        loss=LOSS.format(loss=as_factor(factor).replace("**", "^")) * from_output,
        source=f"\nSource: {reference}." if reference else "",
        name=d.name,
        arguments=arguments(d.params),
    )


HEAD = """{what} of `{name}`{at}.

.. math:: {formula}{where}
"""
EXAMPLE = """
Examples
--------
>>> import numpy as np, fastact as fa
>>> f, x = {call}, np.array([0.3, 0.7, 0.9])
"""
# By the name of a member: what it is, its formula, what there is to say, and lines of an example.
Lines = tuple[str, ...]
UFUNC = "Parameters, ``out=``, ``where=``, ``dtype=`` and ``casting=`` are those of `{name}`."
MEMBERS: Mapping[str, tuple[str, str, Lines, Lines]] = {
    "derivative": (
        "The derivative", "f'(x)", (UFUNC, "Kinks: {kinks}.", "{ulp}"),
        (
            ">>> steps = (f(x + 2**-12{arguments}) - f(x - 2**-12{arguments})) * 2**11",
            ">>> bool(np.allclose(f.derivative(x{arguments}), steps, 0.001, 0.001))",
            "True",
        ),
    ),
    "second_derivative": (
        "The second derivative", "f''(x)", (UFUNC, "{bends}", "{ulp}"),
        (
            ">>> slopes = f.derivative(x + 2**-12{arguments}), f.derivative(x - 2**-12{arguments})",
            ">>> steps = (slopes[0] - slopes[1]) * 2**11",
            ">>> bool(np.allclose(f.second_derivative(x{arguments}), steps, 0.001, 0.001))",
            "True",
        ),
    ),
    "value_and_derivative": (
        "The value and the derivative", "(f(x),\\ f'(x))",
        (
            (
                "One pass over memory gives both, with the bits of two calls. ``out=`` is a pair "
                "of arrays; the other options are those of `{name}`."
            ),
            "Kinks: {kinks}.",
        ),
        (
            ">>> y, d = f.value_and_derivative(x{arguments})",
            ">>> bool((y == f(x{arguments})).all() and (d == f.derivative(x{arguments})).all())",
            "True",
        ),
    ),
    "backward": (
        "The vector-Jacobian product", "dx = dy \\cdot f'(x)",
        (
            (
                "`dy` is the gradient of the output. f'(x) is found from {sources}: exactly one of "
                "them is given. Parameters are given by name. `out` may be `dy` itself."
            ),
            "Kinks: {kinks}.",
        ),
        (
            ">>> dy = np.array([1.0, -2.0, 3.0])",
            ">>> dx = f.backward(dy, x=x{arguments})",
            ">>> bool(np.allclose(dx, dy * f.derivative(x{arguments})))",
            "True",
        ),
    ),
    "forward_with_mask": (
        "The value, and the one-bit mask that `backward` can do with", "f(x)",
        (
            (
                "`mask` has ``ceil(x.size / 8)`` bytes of uint8: bit k, counted from the lowest of "
                "the first byte, belongs to element k of `x` in C order, and tells which of its "
                "two values the derivative takes: it is set for {slopes}. ``out=`` is where the "
                "value goes."
            ),
            (
                "Where x is NaN so is the value, but a bit cannot hold the NaN of the derivative: "
                "`dy` passes as it came."
            ),
        ),
        (
            ">>> y, mask = f.forward_with_mask(x{arguments})",
            ">>> bool((y == f(x{arguments})).all()), mask.shape",
            "(True, (1,))",
        ),
    ),
    "backward_params": (
        "The gradients with respect to the parameters",
        r"dp = \sum dy \cdot \frac{\partial f}{\partial p}(x)",
        (
            (
                "A dictionary by the names of the parameters: {partials}. Each gradient has the "
                "shape of its parameter: it is summed, in float64 at least, over the axes along "
                "which the parameter was broadcast."
            ),
        ),
        (
            ">>> sorted(f.backward_params(np.ones(3), x=x{arguments}))",
            "{partial_list}",
        ),
    ),
    "with_params": (
        "The function of x alone", "x \\mapsto f(x)",
        (
            (
                "Parameters are numbers, by position or by name; the others take their defaults. "
                "The result is an `Activation` for expressions such as ``fa.identity * …``. Arrays "
                "raise a TypeError."
            ),
        ),
        (
            ">>> g = f.with_params({typical})",
            ">>> bool(np.allclose(g(x), f(x{typical_after})))",
            "True",
        ),
    ),
}  # fmt: skip
MASKLESS = "A TypeError: the derivative takes more than two values, which no bit can hold."
FROM_OUTPUT = (
    ">>> bool(np.allclose(dx, f.backward(dy, y=f(x{arguments}){arguments})))",
    "True",
)
FROM_MASK = (
    ">>> y, mask = f.forward_with_mask(x{arguments})",
    ">>> bool((dx == f.backward(dy, mask=mask{arguments})).all())",
    "True",
)


def bends(d: Declaration) -> str:
    """Where the second derivative jumps."""
    places: list[Field] = [*(k.at for k in d.kinks), *d.bends]
    if not places:
        return "It jumps nowhere."
    return f"Where it jumps, at x = {', '.join(map(str, places))}, it is that of one side."


def ulp(d: Declaration, variety: str) -> str:
    """The promise of a member, from `MAX_ULP` and the bounds of the declaration."""
    known = {t: {**MAX_ULP[t], **d.bounds.get(t, {})}[variety] for t in ("float32", "float64")}
    if not np.isfinite(known["float64"]):
        return "The error is not bounded: nobody has measured it."
    return (
        f"Error: at most {known['float32']:g} ulp in float32 and {known['float64']:g} in float64."
    )


def expression(owner: Any) -> str:
    """The expression that gives an activation in an example."""
    if owner._origin.listed:
        return f"fa.{owner.name}"
    if owner.declaration.node is None:
        return str(owner.name)
    return re.sub(r"(?<![\w.])([A-Za-z_]\w*)(?![\w=])", r"fa.\1", owner.name)


def member(owner: Any, name: str) -> str:
    """The docstring of a member of an activation."""
    d = owner.declaration
    what, formula, notes, lines = MEMBERS[name]
    if name == "backward":
        lines += FROM_OUTPUT * owner.from_output + FROM_MASK * (d.masked is not None)
    known = facts(owner)
    if name == "forward_with_mask" and d.masked is None:
        notes, lines = (MASKLESS,), ()
    if not (
        known["typical"] if name == "with_params" else name != "backward_params" or owner._partials
    ):
        lines = ()
    if name in {"derivative", "second_derivative"}:
        known["ulp"] = ulp(d, name)
    text = [
        HEAD.format(
            what=what,
            name=d.name,
            at="" if name in {"backward_params", "with_params"} else ", elementwise",
            formula=formula,
            where=f", \\quad f(x) = {d.formula}",
        )
    ]
    text += [f"\n{filled(note.format(**known))}\n" for note in notes]
    if lines:
        text.append(EXAMPLE.format(call=expression(owner)))
        text += [line.format(**known) + "\n" for line in lines]
    return "".join(text)


def facts(owner: Any) -> dict[str, str]:
    """What the texts of members are filled with."""
    d = owner.declaration
    sources = ["the input ``x=``"] + ["the output ``y=``"] * owner.from_output
    sources += ["the ``mask=`` of `forward_with_mask`"] * (d.masked is not None)
    partials = sorted(p.name for p in d.params if f"partial_{p.name}" in d.kernels)
    typical = ", ".join(f"{p.name}={p.typical if p.none is None else p.low:g}" for p in d.params)
    return {
        "name": d.name,
        "kinks": kinks(d),
        "bends": bends(d),
        "slopes": "{}, and not for {}".format(*d.masked or ("", "")),
        "sources": " or ".join(sources),
        "partials": ", ".join(partials) or f"{d.name} has none",
        "partial_list": str(partials),
        "arguments": arguments(d.params),
        "typical": typical,
        "typical_after": f", {typical}" if typical else "",
    }


def filled(text: str) -> str:
    """A paragraph of at most 88 columns."""
    import textwrap

    return textwrap.fill(text, 88, break_long_words=False, break_on_hyphens=False)
