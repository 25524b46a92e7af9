"""Write `fastact/definition/interfaces.pyi`: what a call returns, for type checkers and editors.

    python tools/interfaces.py

Each public callable has a protocol with one overload for each kind of argument. They are the same
overloads for all, so they are written here once; the parameters of activations come from the
catalogue. A test compares the file with what this makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import fastact as fa
from fastact.definition.declaration import Parameter

PATH = Path(__file__).parents[1] / "fastact" / "definition" / "interfaces.pyi"
HEAD = '''\
# mypy: disable-error-code="assignment,misc,overload-cannot-match,overload-overlap,type-var"
# Made by tools/interfaces.py; a change is made there. An overload may return what a later and wider
# one does not: Python's float is NumPy's float64 too.
"""What the public callables take and return, for type checkers and editors alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastact.definition.activation import Activation

F = TypeVar("F", bound=np.float16 | np.float32 | np.float64)
G = TypeVar("G", bound=np.float16 | np.float32 | np.float64)
E = TypeVar("E", np.float16, np.float32, np.float64)  # one of them, while F may be a union
A = TypeVar("A", bound=NDArray[Any])
B = TypeVar("B", bound=NDArray[Any])
L = TypeVar("L", bound=Labelled | Lazy)

class Labelled(Protocol):
    """An array of pandas, xarray or polars, which passes on the ufunc."""

    def to_numpy(self) -> Any: ...
    def __array_ufunc__(self, ufunc: Any, method: Any, /, *inputs: Any, **options: Any) -> Any: ...

class Lazy(Protocol):
    """An array of dask, which passes on the ufunc."""

    def compute(self) -> Any: ...
    def __array_ufunc__(self, ufunc: Any, method: Any, /, *inputs: Any, **options: Any) -> Any: ...

class PythonFloat(Protocol):
    """Python's float without its subclasses, of which NumPy's float64 is one."""

    @property  # type: ignore[override]  # of a class, to tell it from its subclasses
    def __class__(self) -> type[float]: ...
    @__class__.setter
    def __class__(self, value: type[float], /) -> None: ...

Weak: TypeAlias = PythonFloat | int  # what leaves a dtype as it is
D: TypeAlias = np.float64 | NDArray[np.float64]
Whole: TypeAlias = np.integer[Any] | np.bool
Number: TypeAlias = float | np.floating[Any] | Whole
Nested: TypeAlias = (
    Sequence[float | Whole]
    | Sequence[Sequence[float | Whole]]
    | Sequence[Sequence[Sequence[float | Whole]]]
    | Sequence[Sequence[Sequence[Sequence[float | Whole]]]]
)
Exact: TypeAlias = NDArray[Whole] | Nested  # what becomes float64
Listed: TypeAlias = Sequence[F | NDArray[F]] | Sequence[Sequence[F | NDArray[F]]]
Floats: TypeAlias = NDArray[np.floating[Any]]
Arrays: TypeAlias = NDArray[np.floating[Any] | Whole] | Nested | Sequence[Floats]
Reals: TypeAlias = Number | Arrays
Double: TypeAlias = float | Exact | Whole | NDArray[np.float64]
Bools: TypeAlias = bool | np.bool | NDArray[np.bool] | Sequence[bool] | Sequence[Sequence[bool]]
Bits: TypeAlias = NDArray[np.uint8]
Axis: TypeAlias = int | tuple[int, ...] | None
Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
Empty: TypeAlias = Literal["zero", "nan", "uniform", "raise"]
Infinite: TypeAlias = Literal["limit", "nan"]
Dtype: TypeAlias = type[G] | np.dtype[G]
Named16: TypeAlias = Literal["float16", "half", "f2", "e"]
Named32: TypeAlias = Literal["float32", "single", "f4", "f"]
Named64: TypeAlias = Literal["float64", "double", "float", "f8", "d"] | type[float]
Bounds: TypeAlias = dict[str, dict[str, float]]

class Known(TypedDict, total=False):
    """What a user tells of an activation."""

    derivative: Callable[..., Any] | None
    second_derivative: Callable[..., Any] | None
    from_output: Callable[..., Any] | None
    name: str | None
    formula: str | None
    kinks: Iterable[tuple[float, float]]
    monotone: int
    odd: bool
    even: bool
    domain: tuple[float, float]
    range: tuple[float, float]
    params: Mapping[str, tuple[float, float]] | None
    partials: Mapping[str, Callable[..., Any]] | None

class Algebra(ValueWithParameters):
    """What any activation has, with any parameters."""

    derivative: MemberWithParameters
    second_derivative: MemberWithParameters
    value_and_derivative: PairWithParameters
    backward: BackwardWithParameters
    backward_params: GradientsWithParameters
    with_params: FixedWithParameters
    forward_with_mask: MaskedWithParameters

    def __add__(self, other: Activation | Number) -> Plain: ...
    def __radd__(self, other: Number) -> Plain: ...
    def __sub__(self, other: Activation | Number) -> Plain: ...
    def __rsub__(self, other: Number) -> Plain: ...
    def __mul__(self, other: Activation | Number) -> Plain: ...
    def __rmul__(self, other: Number) -> Plain: ...
    def __truediv__(self, other: Activation | Number) -> Plain: ...
    def __rtruediv__(self, other: Number) -> Plain: ...
    def __neg__(self) -> Plain: ...

class Absent(Protocol):
    """A member that this activation has not: a call is a TypeError."""
'''

# The rows of overloads: what stands for each letter of a signature, and the result.
# {x}: the argument; {v}: parameters; {out}, {dtype}: options.
NO_OUT, NO_DTYPE = "None = ...", "None = ..."
Row = tuple[Mapping[str, str], str]


def row(result: str, **letters: str) -> Row:
    return {"out": NO_OUT, "dtype": NO_DTYPE, **letters}, result


WITH_OUT = row("A", x="Reals", v="Reals", out="A | tuple[A]", dtype="Any = ...")
WITH_DTYPE = tuple(
    row(result.format(dtype), x=x, v=x, dtype=given)
    for given, dtype in (
        ("Dtype[G]", "G"),
        ("Named16", "np.float16"),
        ("Named32", "np.float32"),
        ("Named64", "np.float64"),
    )
    for x, result in (("Number", "{}"), ("Reals", "NDArray[{}]"))
)
FEW = "Weak | F | NDArray[F]"  # what leaves the dtype of an array as it is
ARRAYS = (
    row("NDArray[F]", x="NDArray[F]", v=FEW),
    row("NDArray[np.float64]", x="Exact", v="Double"),
)
SCALARS = (
    row("F", x="F", v="Weak | F"),
    row("np.float64", x="float | Whole", v="float | Whole"),
    row("NDArray[F]", x="Listed[F]", v=FEW),
)
COMPOSED = row("Plain", x="Activation", v="Number")
FOREIGN = row("L", x="L", v="L | Reals")
MIXED = (row("np.floating[Any]", x="Number", v="Number"), row("Floats", x="Reals", v="Reals"))
# float64 makes all float64. To a checker it is a float too, so these come before the others.
DOUBLE = (
    row("NDArray[np.float64]", x="NDArray[np.float64]", v="Reals"),
    row("np.float64", x="np.float64", v="Number"),
)
DOUBLED = (  # {f}: the parameter that is float64
    row("NDArray[np.float64]", x="Arrays", v="Reals", f="D"),
    row("np.float64", x="Number", v="Number", f="np.float64"),
)

OR_NOT = " | None = ..."
NO_X = "None = ..."
SAVED, ANY_SAVED = FEW + OR_NOT, "Reals" + OR_NOT
WEAK = (  # a Python number times what a scalar gives
    row("F", d="Weak", x="F", y=NO_X, v="Weak | F"),
    row("F", d="Weak", x=NO_X, y="F", v="Weak | F"),
)
BACKWARD = (
    row("A", d="Reals", x=ANY_SAVED, y=ANY_SAVED, v="Reals", out="A | tuple[A]"),
    row("NDArray[np.float64]", d="NDArray[np.float64]", x=ANY_SAVED, y=ANY_SAVED, v="Reals"),
    row("NDArray[np.float64]", d="Arrays", x="D", y=NO_X, v="Reals"),
    row("NDArray[np.float64]", d="Arrays", x=NO_X, y="D", v="Reals"),
    row("NDArray[np.float64]", d="np.float64", x="Arrays", y=NO_X, v="Reals"),
    row("NDArray[np.float64]", d="np.float64", x=NO_X, y="Arrays", v="Reals"),
    row("np.float64", d="np.float64", x="Number | None = ...", y="Number | None = ...",
        v="Number"),
    row("NDArray[F]", d="NDArray[F]", x=SAVED, y=SAVED, v=FEW),
    row("NDArray[F]", d="Weak | F", x="NDArray[F]", y=NO_X, v=FEW),
    row("NDArray[F]", d="Weak | F", x=NO_X, y="NDArray[F]", v=FEW),
    row("NDArray[np.float64]", d="Exact", x="Double | None = ...", y="Double | None = ...",
        v="Double"),
    row("F", d="F", x="Weak | F | None = ...", y="Weak | F | None = ...", v="Weak | F"),
    row("np.float64", d="float | Whole", x="float | Whole | None = ...",
        y="float | Whole | None = ...", v="float | Whole"),
    *WEAK,
    row("L", d="L", x="L | Reals | None = ...", y="L | Reals | None = ...", v="L | Reals"),
    row("Floats", d="Arrays", x=ANY_SAVED, y=ANY_SAVED, v="Reals"),
    row("Floats", d="Number", x="Arrays", y=NO_X, v="Reals"),
    row("Floats", d="Number", x=NO_X, y="Arrays", v="Reals"),
    row("Floats | np.floating[Any]", d="Number", x="Number | None = ...",
        y="Number | None = ...", v="Reals"),
)  # fmt: skip
BACKWARD_DOUBLED = (
    row("NDArray[np.float64]", d="Arrays", x=ANY_SAVED, y=ANY_SAVED, v="Reals", f="D"),
    row("NDArray[np.float64]", d="Number", x="Arrays", y=NO_X, v="Reals", f="D"),
    row("NDArray[np.float64]", d="Number", x=NO_X, y="Arrays", v="Reals", f="D"),
    row("np.float64", d="Number", x="Number | None = ...", y="Number | None = ...", v="Number",
        f="np.float64"),
)  # fmt: skip
DOUBLE_GRADIENTS = "dict[str, NDArray[np.float64] | np.float64]"
OF_PARAMETERS_DOUBLED = row(DOUBLE_GRADIENTS, d="Reals", x="Reals", v="Reals", f="D")
OF_PARAMETERS = (
    row(DOUBLE_GRADIENTS, d="D", x="Reals", v="Reals"),
    row(DOUBLE_GRADIENTS, d="Reals", x="D", v="Reals"),
    row(DOUBLE_GRADIENTS, d="Double", x="Double", v="Double"),
    row("dict[str, NDArray[F] | F]", d=FEW, x=FEW, v=FEW),
    row("dict[str, Floats | np.floating[Any]]", d="Reals", x="Reals", v="Reals"),
)


def pair(one: Row) -> Row:
    """The row of a function with two results of one type."""
    letters, result = one
    if result == "A":
        return {**letters, "out": "tuple[A, B]"}, "tuple[A, B]"
    return letters, f"tuple[{result}, {result}]"


def with_bits(one: Row) -> Row:
    letters, result = one
    return letters, f"tuple[{result}, Bits]"


Signature = tuple[str, str]  # the arguments, and the result


def signatures(form: str, rows: Iterable[Row]) -> list[Signature]:
    """The arguments and the result of each row."""
    return [(form.format(**letters), result) for letters, result in rows]


def overloads(name: str, form: str, rows: Iterable[Row]) -> Iterator[str]:
    """A method with one overload for each row, or without if there is one."""
    return method(name, signatures(form, rows))


def method(name: str, made: Iterable[Signature]) -> Iterator[str]:
    """A method with these overloads."""
    made = list(dict.fromkeys(made))
    for arguments, result in made:
        if len(made) > 1:
            yield "    @overload"
        yield f"    def {name}(self, {arguments}) -> {result}: ..."


def protocol(name: str, what: str, *methods: Iterable[str], attributes: str = "") -> str:
    """A class of what a checker knows of an object."""
    lines = [f"class {name}(Protocol):", f'    """{what}"""', ""]
    for attribute in filter(None, attributes.splitlines()):
        name_, kind_ = attribute.split(": ")
        lines += ["    @property", f"    def {name_}(self) -> {kind_}: ..."]
    return "\n".join([*lines, *(line for method in methods for line in method)]) + "\n"


# ---------------------------------------------------------------- activations
UFUNC = "ufunc: np.ufunc\n"
ULPS = "max_ulp: Mapping[str, Mapping[str, float]]\n"
OPTIONS = "out: {out}, where: Bools = ..., dtype: {dtype}, casting: Casting = ..."
OWN = None  # in the place of parameters: any
Params = tuple[Parameter, ...] | None
RNG = ", rng: np.random.Generator | None = ..., return_slopes: Literal[False] = ..."
SLOPES = ", rng: np.random.Generator, return_slopes: Literal[True]"


def tail(params: Params, options: str) -> str:
    """The parameters, by position or name, and the options."""
    if params is OWN:
        return f"*params: {{v}}, {options}, **named: {{v}}"
    return "".join(f"{one}, " for one in map(written, params)) + f"*, {options}"


def written(p: Parameter) -> str:
    if p.required:
        return f"{p.name}: {{v}}"
    return f"{p.name}: {{v}} | None = ..." if p.default is None else f"{p.name}: {{v}} = ..."


def by_name(params: Params) -> str:
    """The parameters by name alone."""
    return ", **named: {v}" if params is OWN else "".join(f", {written(p)}" for p in params)


def doubled(params: Params, options: str) -> Iterator[str]:
    """`tail` with each of the parameters in turn given and {f}, after others or by name."""
    for i, p in enumerate(params or ()):
        before, after = params[:i], params[i + 1 :]
        given = [f"{q.name}: {{v}}" for q in before] + [f"{p.name}: {{f}}", *map(written, after)]
        yield ", ".join([*given, "*", options])
        if not all(q.required for q in before):
            yield ", ".join(["*", f"{p.name}: {{f}}", *map(written, (*before, *after)), options])


def doubled_by_name(params: Params) -> Iterator[str]:
    """`by_name` with each of the parameters in turn given and {f}."""
    for p in params or ():
        rest = "".join(f", {written(q)}" for q in params if q is not p)
        yield f", {p.name}: {{f}}{rest}"


# What `backward` may start from, and how the names of the classes say it.
Saved = tuple[str, ...]
ANY = ("x", "y", "mask")
SAVING: Mapping[Saved, str] = {
    ANY: "", ("x", "y"): "FromEither", ("x", "mask"): "FromInputOrMask", ("x",): "FromInput",
}  # fmt: skip


def kind(params: Params) -> str:
    """What the names of classes say of these parameters."""
    if params is OWN:
        return "WithParameters"
    words = "_".join(p.name for p in params).split("_")
    return "With" + "".join(word.capitalize() for word in words) if params else ""


def saved(f: fa.Activation) -> Saved:
    """What the backward of an activation may start from."""
    there = {"x": True, "y": f.from_output, "mask": f.declaration.masked is not None}
    return tuple(name for name in ANY if there[name])


def class_of(f: fa.Activation) -> str:
    """The class that a type checker is told of an activation."""
    return SAVING[saved(f)] + kind(f.params) or "Plain"


def activation(params: Params, *, drawn: bool, masked: bool) -> Iterator[str]:
    """The protocols of activations with these parameters, but for `backward`."""
    suffix = kind(params)
    plain = params is not OWN and not params
    few = (*ARRAYS, *SCALARS) if plain else (*DOUBLE, *ARRAYS, *SCALARS[:2])
    last = (FOREIGN,) if plain else (FOREIGN, *MIXED)

    def calls(
        options: str, rows: tuple[Row, ...], change: Callable[[Row], Row] = same, *,
        exact: bool = True,
    ) -> list[Signature]:  # fmt: skip
        """The rows, the first of which mypy takes in `partial`, and those of float64."""
        form = "x: {x}, /, " + tail(params, options)
        made = signatures(form, map(change, rows[:1]))
        if params is OWN and "dtype" in options:  # a dict of parameters fits no other keyword
            short, named = "x: {x}, /, *params: {v}, ", "**named: {v}"
            plain = [each for each in rows[1:] if each not in WITH_DTYPE]
            made += signatures(form, map(change, WITH_DTYPE))
            made += signatures(short + "out: {out}, " + named, map(change, rows[:1]))
            made += signatures(short + named, map(change, plain))
        for each in doubled(params, options) if exact else ():
            made += signatures("x: {x}, /, " + each, map(change, DOUBLED))
        return [*made, *signatures(form, map(change, rows[1:]))]

    rows = (WITH_OUT, *WITH_DTYPE, *few, *last)
    named = by_name(params)
    yield protocol(
        f"Member{suffix}", "A function of x, such as a derivative.",
        method("__call__", calls(OPTIONS, rows)), attributes=UFUNC,
    )  # fmt: skip
    # What is drawn has the dtype of x, whatever the parameters are.
    composed = (WITH_OUT, *WITH_DTYPE, *few, COMPOSED, *last)
    value = [*method("__call__", calls(OPTIONS + RNG * drawn, composed, exact=not drawn))]
    if drawn:
        value += method("__call__", calls("out: {out}" + SLOPES, (WITH_OUT, *few), with_slopes,
                                          exact=False))  # fmt: skip
    yield protocol(f"Value{suffix}", "An activation itself.", value)
    yield protocol(
        f"Pair{suffix}", "The value and the derivative.",
        method("__call__", calls(OPTIONS, rows, pair)), attributes=UFUNC,
    )  # fmt: skip
    if masked:
        odd = () if plain else (MIXED[0], row("Floats", x="Arrays", v="Reals"))
        yield protocol(
            f"Masked{suffix}", "The value and the mask.",
            method("__call__", calls("out: {out}", (WITH_OUT, *few, *odd), with_bits)),
        )  # fmt: skip
    found = [
        one
        for each in doubled_by_name(params)
        for one in signatures("dy: {d}, /, *, x: {x}" + each, [OF_PARAMETERS_DOUBLED])
    ]
    found += signatures("dy: {d}, /, *, x: {x}" + named, OF_PARAMETERS)
    yield protocol(
        f"Gradients{suffix}", "The gradients of the parameters by their names.",
        method("__call__", found),
    )  # fmt: skip
    fixed = tail(params, "").replace("*, ", "").rstrip(", ").format(v="Number")
    fixed = "*params: Number, **named: Number" if params is OWN else fixed
    yield protocol(
        f"Fixed{suffix}", "The activation with numbers for its parameters.",
        overloads("__call__", fixed, (row("Plain"),)),
    )  # fmt: skip


def same(one: Row) -> Row:
    return one


def starting_from(params: Params, saved: Saved, *, drawn: bool) -> Iterator[str]:
    """The protocol of a `backward`, and the class of the activations that have it."""
    suffix, name = kind(params), SAVING[saved] + kind(params)
    given = {"x": "x: {x}, ", "y": "y: {y}, ", "mask": "mask: Bits | None = ..., "}
    start = "dy: {d}, /, *, " + "".join(given[each] for each in saved)
    slopes = "slopes: {v} | None = ..., " * drawn

    def can(rows: Iterable[Row]) -> list[Row]:
        """Those that start from what may be given."""
        found = [r for r in rows if "y" in saved or r[0]["x"] != NO_X]
        if saved == ("x",):
            found = [({**letters, "x": letters["x"].removesuffix(OR_NOT)}, r)
                     for letters, r in found]  # fmt: skip
        return found

    rows = can(r for r in BACKWARD if suffix in {"", kind(OWN)} or r not in WEAK)
    form = start + slopes + "out: {out}"
    made = signatures(form + by_name(params), rows[:1])
    if drawn:
        double = start + "slopes: {f}, out: {out}" + by_name(params)
        made += signatures(double, can(BACKWARD_DOUBLED))
    for each in doubled_by_name(params):
        made += signatures(form + each, can(BACKWARD_DOUBLED))
    if params is OWN:  # a dict of parameters may follow x or y without options
        for one in ("x", "y"):
            short = f"dy: {{d}}, /, *, {one}: {{{one}}}"
            needed = [
                ({**letters, one: letters[one].removesuffix(OR_NOT)}, r)
                for letters, r in rows if letters[one] != NO_X
            ]  # fmt: skip
            made += signatures(short + ", out: {out}, **named: {v}", needed[:1])
            made += signatures(short + ", **named: {v}", needed[1:])
    made += signatures(form + by_name(params), rows)
    yield protocol(
        f"Backward{name}", "The gradient of the input for that of the output.",
        method("__call__", made), attributes=UFUNC,
    )  # fmt: skip
    if params is OWN:  # what `Algebra` says of any activation
        return
    bases = "Plain" if name and not suffix else f"Value{suffix}, Activation"
    members = {} if name and not suffix else {m: p + suffix for m, p in MEMBERS.items()}
    members["backward"] = f"Backward{name}"
    if "mask" not in saved:
        members["forward_with_mask"] = "Absent"
    yield f"class {name or 'Plain'}({bases}):\n" + "".join(
        f"    {member}: {protocol_}\n" for member, protocol_ in members.items()
    )


def with_slopes(one: Row) -> Row:
    letters, result = one
    return letters, f"tuple[{result}, {'Floats' if result == 'A' else result}]"


MEMBERS = {
    "derivative": "Member",
    "second_derivative": "Member",
    "value_and_derivative": "Pair",
    "backward": "Backward",
    "backward_params": "Gradients",
    "with_params": "Fixed",
    "forward_with_mask": "Masked",
}


def activations() -> Iterator[str]:
    """One class for each list of parameters and what is saved in the catalogue, and one for any."""
    lists: dict[str, Params] = {kind(f.params): f.params for f in fa.activations.values()}
    saving = {kind(f.params): set[Saved]() for f in fa.activations.values()}
    for f in fa.activations.values():
        saving[kind(f.params)].add(saved(f))
    saving |= {"": {*SAVING}, kind(OWN): {ANY}}
    for name in (*sorted(lists), kind(OWN)):
        params, drawn = lists.get(name, OWN), name == kind(fa.rrelu.params)
        masked = any("mask" in each for each in saving[name])
        yield from activation(params, drawn=drawn, masked=masked)
        for each in sorted(saving[name], key=[*SAVING].index):
            yield from starting_from(params, each, drawn=drawn)


# ---------------------------------------------------------------- along an axis
SPECIAL = (
    "where: Bools | None = ..., temperature: Reals | None = ..., lengths: ArrayLike | None = ..., "
    "causal: bool = ..., softcap: float | None = ..."
)
WITHOUT_OUT = (*ARRAYS, *SCALARS, FOREIGN)
FORWARD = (WITH_OUT, *WITHOUT_OUT)
OF_ROWS = (WITH_OUT, *ARRAYS)  # with an array for each row


def along() -> Iterator[str]:
    """Softmax and its family."""
    product = "d: {d}, /, *, x: {x}, y: {y}, axis: Axis = ..., " + SPECIAL + ", out: {out}"
    # A number in the place of x or y counts as float64.
    no_number = {SAVED: "F | NDArray[F] | None = ..."}
    products = [
        ({**letters, **{k: no_number.get(letters[k], letters[k]) for k in "xy"}}, r)
        for letters, r in BACKWARD if r in ("A", "NDArray[F]", "NDArray[np.float64]", "L")
    ]  # fmt: skip
    products.append(row("Floats", d="Reals", x=ANY_SAVED, y=ANY_SAVED))
    yield protocol(
        "Product", "A product of the Jacobian and a vector.",
        overloads("__call__", product, products), attributes=f"{UFUNC}name: str",
    )  # fmt: skip
    ragged = "offsets: ArrayLike, axis: int = ..., out: {out}, temperature: float | None = ..., "
    ragged += "softcap: float | None = ..."
    yield protocol(
        "Sequences", "The function of ragged sequences.",
        overloads("__call__", "x: {x}, /, *, " + ragged, OF_ROWS),
        overloads(
            "backward", "dy: {d}, /, *, x: {x}, y: {y}, " + ragged,
            [
                r for r in products
                if r[0]["d"] in ("Reals", "NDArray[F]", "NDArray[np.float64]", "Arrays", "Exact")
            ],
        ),
        attributes="name: str",
    )  # fmt: skip
    yield protocol(
        "Along", "A function along an axis: softmax and its family.",
        overloads(
            "__call__",
            f"x: {{x}}, /, axis: Axis = ..., *, {SPECIAL}, empty: Empty = ..., "
            "inf: Infinite = ..., out: {out}",
            FORWARD,
        ),
        overloads("jacobian", f"x: {{x}}, /, axis: int = ..., *, {SPECIAL}", ARRAYS),
        attributes=f"{UFUNC}name: str\n{ULPS}backward: Product\njvp: Product\nsequences: Sequences",
    )  # fmt: skip


def samples() -> str:
    """Softmax with noise: a sample, or a sample and its shares."""
    rest = (
        "axis: Axis = ..., *, rng: np.random.Generator, temperature: Reals = ..., "
        "hard: bool = ..., where: Bools | None = ..., lengths: ArrayLike | None = ..., "
        "return_shares: "
    )
    one, both = (f"x: {{x}}, /, {rest}{way}" for way in ("Literal[False] = ...", "Literal[True]"))
    return protocol(
        "Samples", "Samples of a categorical distribution.",
        overloads("__call__", one, WITHOUT_OUT),
        overloads("__call__", both, map(pair, WITHOUT_OUT)),
        attributes="name: str",
    )  # fmt: skip


def reduced(one: Row, sign: str) -> Iterator[tuple[str, str]]:
    """What a function gives that leaves an axis out: an array, or a scalar if it was the last."""
    letters, result = one
    scalar = {"NDArray[F]": "F", "NDArray[np.float64]": "np.float64"}.get(result)
    ways = [("axis: Axis = ..., *, keepdims: bool = ...", f"{result} | {scalar}")]
    if scalar is not None:
        ways.insert(0, ("axis: Axis = ..., *, keepdims: Literal[True]", result))
        ways.insert(1, ("axis: None, *, keepdims: Literal[False] = ...", scalar))
    else:
        ways = [(ways[0][0], result)]
    for keywords, found in ways:
        rest = f"where: Bools | None = ..., out: {letters['out']}"
        yield f"x: {letters['x']}, /, {keywords}{sign}, {rest}", found


WHOLE_TOO = FEW + " | Whole | NDArray[Whole]"  # factors that leave a dtype as it is
B = " | None = ..."
SUMS = (  # b: the factors
    row("A", x="Reals", b="Reals" + B, out="A | tuple[A]"),
    row("NDArray[np.float64]", x="Arrays", b="D"),
    row("NDArray[np.float64]", x="NDArray[np.float64]", b="Reals" + B),
    row("NDArray[F]", x="NDArray[F]", b=WHOLE_TOO + B),
    row("NDArray[np.float64]", x="Exact", b="Reals" + B),
    row("np.float64", x="np.float64", b="Number" + B),
    row("F", x="F", b="Weak | F | Whole" + B),
    row("np.float64", x="float | Whole", b="Number" + B),
    row("NDArray[F]", x="Listed[F]", b=WHOLE_TOO + B),
    row("Floats | np.floating[Any]", x="Reals", b="Reals" + B),
)
OF_SUMS = (  # v: the vector
    SUMS[0],
    row("NDArray[np.float64]", x="Arrays", v="D", b="Reals" + B),
    row("NDArray[np.float64]", x="Arrays", v="Reals", b="D"),
    row("NDArray[np.float64]", x="NDArray[np.float64]", v="Reals", b="Reals" + B),
    row("NDArray[F]", x="NDArray[F]", v=FEW, b=WHOLE_TOO + B),
    row("NDArray[np.float64]", x="Exact", v="Reals", b="Reals" + B),
    row("Floats", x="Arrays", v="Reals", b="Reals" + B),
)


def log_sums() -> Iterator[str]:
    """log-sum-exp and log-mean-exp."""
    rest = "axis: Axis = ..., where: Bools | None = ..., b: {b}"
    vectors = [({"v": "Reals", **letters}, r) for letters, r in OF_SUMS]
    scalars = {"A": "A", "Floats": "Floats | np.floating[Any]"}
    shared = [
        *overloads("backward", "ds: {v}, /, *, x: {x}, " + rest + ", out: {out}", vectors),
        *overloads(
            "jvp", "dx: {v}, /, *, x: {x}, " + rest + ", keepdims: bool = ..., out: {out}",
            [(letters, scalars.get(r, f"{r} | {r[8:-1]}")) for letters, r in vectors],
        ),
    ]  # fmt: skip
    b = ", b: {b}"
    signs = (b + ", return_sign: Literal[False] = ...", b + ", return_sign: Literal[True]")
    for name, kinds in (("LogSumExp", signs), ("LogMeanExp", ("",))):
        calls = []
        for sign in kinds:
            for one in SUMS if sign else (WITH_OUT, *ARRAYS, *SCALARS):
                signed, used = "True" in sign, one
                if signed and one is SUMS[0]:
                    used = row("A", x="Reals", b="Reals" + B, out="tuple[A, A]")
                for arguments, result in reduced(used, sign.format(**used[0])):
                    calls.append((arguments, f"tuple[{result}, {result}]" if signed else result))
        yield protocol(
            name, "A function along an axis that leaves it out.", method("__call__", calls),
            shared, attributes=f"{UFUNC}{ULPS}name: str",
        )  # fmt: skip


# ---------------------------------------------------------------- losses and gated pairs
WEIGHT, BY_CLASS = "weight: Reals | None = ...", "labels: ArrayLike, axis: int = ..., "
BY_CLASS += f"{WEIGHT}, ignore_index: int | None = ..."
POSITIVE = f"logits: {{x}}, targets: Reals, pos_weight: Reals | None = ..., {WEIGHT}"
# The arguments of the loss, and those of its gradient with the hessian.
LOSSES = {
    "OfTargets": ("x: {x}, targets: Reals", ""),  # those without options
    "CrossEntropy": (
        f"logits: {{x}}, {BY_CLASS}, label_smoothing: float = ...",
        f"logits: {{x}}, {BY_CLASS}, *, hessian_scale: float = ...",
    ),
    "NegativeLogLikelihood": (f"log_probabilities: {{x}}, {BY_CLASS}", ""),
    "SigmoidCrossEntropy": (POSITIVE, POSITIVE + ", *"),
    "Focal": ("logits: {x}, targets: Reals, gamma: float = ..., alpha: float | None = ...", ""),
    "Divergence": ("log_probabilities: {x}, targets: Reals, log_target: bool = ...", ""),
}
INPUTS = {"NDArray[F] | F | Listed[F]": "F", "Exact | float | Whole": "np.float64"}
# With `out`, which has to be of the dtype of the input.
INTO = {x.replace("F", "E"): scalar.replace("F", "E") for x, scalar in INPUTS.items()}
GIVEN = (*((x, s, NO_OUT) for x, s in INPUTS.items()),
         *((x, s, f"NDArray[{s}]") for x, s in INTO.items()))  # fmt: skip


def literal(names: Iterable[str]) -> str:
    return "Literal[" + ", ".join(f'"{name}"' for name in names) + "]"


def loss(name: str, arguments: str, hessian: str) -> str:
    """A loss, by its reduction, and with its gradient."""
    one = ["mean", "sum"] + ["batchmean"] * (name == "Divergence")
    calls: dict[str, list[Signature]] = {"__call__": [], "value_and_grad": []}
    for x, scalar, out in GIVEN:
        array = f"NDArray[{scalar}]"
        for way, result in (
            (f"reduction: {literal(one)} = ...", scalar),
            (f"*, reduction: {literal(['none'])}", array),
            (f"reduction: {literal([*one, 'none'])} = ...", f"{scalar} | {array}"),
        ):
            given = f"{arguments.format(x=x)}, {way}"
            if out == NO_OUT:
                calls["__call__"].append((given, result))
            star = "" if "*" in given else "*, "
            both = f"tuple[{result}, {array}]"
            calls["value_and_grad"].append((f"{given}, {star}out: {out}", both))
    second = [
        row(f"tuple[NDArray[{s}], NDArray[{s}]]", x=x,
            out=out if out == NO_OUT else f"tuple[{out}, {out}]")
        for x, s, out in GIVEN
    ]  # fmt: skip
    extra = overloads("gradient_and_hessian", hessian + ", out: {out}", second) if hessian else ()
    return protocol(
        name,
        "A loss and its gradient.",
        *(method(each, made) for each, made in calls.items()),
        extra,
        attributes="name: str",
    )


def squared() -> str:
    arguments = "z: {x}, t: Reals, activation: Activation | None = ..."
    calls = [row(scalar, x=x) for x, scalar in INPUTS.items()]
    pairs = [row(f"tuple[{scalar}, NDArray[{scalar}]]", x=x, out=out) for x, scalar, out in GIVEN]
    return protocol(
        "SquaredError", "The squared error of an output layer.",
        overloads("__call__", arguments, calls),
        overloads("value_and_grad", arguments + ", *, out: {out}", pairs),
        attributes="name: str",
    )  # fmt: skip


SPLIT = (  # x: the gate, u: the value, v: biases
    row("A", x="Reals", u="Reals", v="Reals", out="A | tuple[A]", dtype="Any = ..."),
    *((letters | {"u": letters["x"]}, result) for letters, result in WITH_DTYPE),
    row("NDArray[np.float64]", x="NDArray[np.float64]", u="Reals", v="Reals"),
    row("NDArray[np.float64]", x="Arrays", u="D", v="Reals"),
    row("NDArray[np.float64]", x="np.float64", u="Arrays", v="Reals"),
    row("np.float64", x="np.float64", u="Number", v="Number"),
    row("np.float64", x="Number", u="np.float64", v="Number"),
    *((letters | {"u": letters["v"]}, result) for letters, result in (*ARRAYS, *SCALARS)),
    row("NDArray[F]", x="Weak | F", u="NDArray[F]", v=FEW),
    row("F", x="Weak", u="F", v="Weak | F"),
    row("L", x="L", u="L | Reals", v="L | Reals"),
    row("Floats | np.floating[Any]", x="Reals", u="Reals", v="Reals"),
)
SPLIT_BIASED = row("NDArray[np.float64]", x="Arrays", u="Reals", v="Reals", f="D")
TWO = "tuple[NDArray[np.float64], NDArray[np.float64]]"
DOUBLES = "Exact | NDArray[np.float64]"
SPLIT_BACKWARD = (
    row("tuple[A, B]", d="Reals", x="Reals", u="Reals", out="tuple[A, B]"),
    row(TWO, d="D", x="Arrays", u="Arrays"),
    row(TWO, d="Reals", x="NDArray[np.float64]", u="Arrays"),
    row(TWO, d="Reals", x="Arrays", u="NDArray[np.float64]"),
    row("tuple[NDArray[F], NDArray[F]]", d=FEW, x="NDArray[F]", u="NDArray[F]"),
    row(TWO, d="Reals", x=DOUBLES, u=DOUBLES),
)
BIASES = row(
    "tuple[Floats | np.floating[Any], ...]", d="Reals", x="Reals", u="Reals",
    b="Reals | None = ...", out="tuple[Floats, Floats] | None = ...",
)  # fmt: skip


def gated() -> Iterator[str]:
    """Gated pairs."""
    start = "gate: {x}, value: {u}, /, *, "
    biases = ["gate_bias: {v} | None = ...", "value_bias: {v} | None = ..."]
    split = signatures(start + ", ".join([*biases, OPTIONS]), SPLIT)
    for i, name in enumerate(("gate_bias", "value_bias")):
        form = start + ", ".join([f"{name}: {{f}}", biases[1 - i], OPTIONS])
        split[1:1] = signatures(form, [SPLIT_BIASED])
    backward = "dy: {d}, /, *, gate: {x}, value: {u}, gate_bias: {b}, value_bias: {b}, out: {out}"
    two = tuple(({**letters, "b": "None = ..."}, result) for letters, result in SPLIT_BACKWARD)
    yield protocol(
        "Split", "The gated pair of two arrays.",
        method("__call__", split), overloads("backward", backward, (*two, BIASES)),
        attributes=f"{UFUNC}name: str",
    )  # fmt: skip
    halves = "axis: int = ..., *, gate_first: bool = ..., bias: {b}, out: {out}"
    none, double, wide = "None = ...", "NDArray[np.float64]", "Reals | None = ..."
    forward = (
        row("A", x="Reals", b=wide, out="A"),
        row(double, x="Arrays", b=double),
        row(double, x=double, b=wide),
        row("NDArray[F]", x="NDArray[F]", b="NDArray[F] | None = ..."),
        row(double, x="Exact", b="Double | None = ..."),
        row("Floats", x="Arrays", b=wide),
    )
    back = [
        row("A", x="Reals", b=none, d="Reals", out="A"),
        row("tuple[A, Floats]", x="Reals", b="Reals", d="Reals", out="A"),
        row(TWO, x="Arrays", b=double, d="Reals"),
    ]
    for x, b, d, result in (
        ("Arrays", "Reals", "D", double),
        (double, "Reals", "Reals", double),
        ("NDArray[F]", "NDArray[F]", FEW, "NDArray[F]"),
        ("Exact", "Double", "Double", double),
        ("Arrays", "Reals", "Reals", "Floats"),
    ):
        back.append(row(result, x=x, b=none, d=d))
        back.append(row(f"tuple[{result}, {result}]", x=x, b=b, d=d))
    methods = (
        [*overloads("__call__", "x: {x}, /, " + halves, forward)],
        [*overloads("backward", "dy: {d}, /, *, x: {x}, " + halves.replace(", *,", ","), back)],
    )
    attributes = (
        f"{UFUNC}name: str\nformula: str\nsource: str\nmax_ulp: dict[str, float]\n"
        "activation: Activation\nsplit: Split"
    )
    other = ["    def with_params(self, beta: float = ...) -> Gated: ..."]
    yield protocol("Gated", "A gated linear unit.", *methods, attributes=attributes)
    yield protocol("Swiglu", "That of silu.", *methods, other, attributes=attributes)


def text() -> str:
    """The file."""
    losses = [loss(name, *arguments) for name, arguments in LOSSES.items()]
    parts = [HEAD, *activations(), *along(), samples(), *log_sums(), *losses, squared(), *gated()]
    return "\n".join(parts)


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
