"""The functions that belong to an activation: each is a NumPy ufunc, made on its first use."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np

from fastact.arguments import (
    ERRORS,
    MISSING,
    PARAMETER,
    explain,
    is_container,
    parameter,
    refused,
    together,
    too_many,
    ufunc_keyword,
    unexpected,
)
from fastact.containers.elements import direct_until, elementwise, in_a_row, in_rule, opens
from fastact.containers.opened import PLAIN, opener, takes_one
from fastact.definition import described
from fastact.definition.declaration import Declaration, Origin, Parameter, compiled, evaluate
from fastact.definition.described import OPTIONS
from fastact.native import loading, loop_registry, threads, ufunc
from fastact.native.glue import Form, plain_forms
from fastact.native.vectorcall import Vectorcalled, call_quickly
from fastact.native.weak import WeakValues

if TYPE_CHECKING:
    from inspect import Signature

Array = Any  # whatever `numpy.ufunc` takes: arrays, scalars, sequences, Series, dask arrays …

INTEGRAL = frozenset("biu")
UFUNC_OPTIONS = {
    "axes", "axis", "casting", "dtype", "keepdims", "order", "out", "sig", "signature", "subok",
    "where",
}  # fmt: skip
NUMBER, NONE, MOST_OBEYED = frozenset({float, int}), type(None), 64
WEAK = NUMBER | {bool}
LEAST, MOST = 2.0**-14, 65504.0  # of a parameter that is a normal number of each dtype
# Those that ask nothing of the parameters.
STANDARD_OPTIONS = frozenset({"casting", "dtype", "order", "out", "subok", "where"})
# The kernel that a variety is made from, where it is not called the same.
KERNEL = {
    "value_and_derivative": "derivative",
    "backward": "derivative",
    "backward_from_output": "derivative_from_output",
}


class Owner(Protocol):
    """An activation, as its functions see it."""

    name: str
    declaration: Declaration
    params: tuple[Parameter, ...]
    from_output: bool
    forward_with_mask: Any
    _nin: int
    _origin: Origin
    _partials: dict[str, Any]
    _stem: str

    def _bind(
        self, params: tuple[Array, ...], named: dict[str, Any], called: str = ""
    ) -> tuple[Array, ...]:
        """The parameters in the order of the declaration."""

    def _check_shapes(self, called: str, data: dict[str, Array], params: tuple[Array, ...]) -> None:
        """Raise a ValueError unless parameters broadcast with the data."""


def explained(name: str, error: Exception | int, /, *data: Array, **options: Any) -> NoReturn:
    """Raise the error of a call, or one that names the argument that a ufunc has refused.

    Instead of an error there may be the number of arguments by position, which is not one.
    """
    if isinstance(error, int):
        raise too_many(name, ["x"], error) if error else lacking(name)
    if data and isinstance(error, ERRORS):
        try:
            if opens(data[0]):
                opener(name, "x", data[0])
            out, where = options.pop("out", None), options.pop("where", True)
            explain(error, name, out, where, options, x=data[0])
        except (TypeError, ValueError) as better:
            raise better from None
    raise error


def lacking(name: str, data: str = "x", signature: object = None) -> TypeError:
    """The error for a call without data; a function without parameters has this signature."""
    signature = signature or described.signature((data,), (), OPTIONS)
    return TypeError(f"{name}() needs {data}: {name}{signature}")


def only_out(options: Mapping[str, Any]) -> bool:
    """Whether the only keyword is an array to write to, which needs no look."""
    return len(options) == 1 and type(options.get("out")) is np.ndarray


def integral(x: Array) -> bool:
    """Whether x is an array of integers or bool: ufuncs of several inputs would give float16."""
    return getattr(getattr(x, "dtype", None), "kind", None) in INTEGRAL


def kinds(operands: tuple[Array, ...]) -> set[str | None]:
    """The kinds of dtypes, but for Python's numbers, which have none."""
    others = (each for each in operands if type(each) not in WEAK)
    return {getattr(getattr(each, "dtype", None), "kind", None) for each in others}


def integers(data: tuple[Array, ...], params: tuple[Array, ...] = ()) -> bool:
    """Whether data are arrays of integers; parameters tell where data are Python's numbers."""
    known = kinds(data) or kinds(params)
    return bool(known) and known <= INTEGRAL


def caller(data: tuple[Array, ...], params: tuple[Array, ...], out: Any, dtype: Any) -> Any:
    """What calls a ufunc: `threads.call`, or `ufunc.quiet` where NumPy casts what may not fit."""
    if dtype is not None or not all(fits(p) for p in params if type(p) is float):
        return ufunc.quiet
    return ufunc.calling(out, *data, *(p for p in params if type(p) is not float))


def fits(number: float) -> bool:
    """Whether it is a normal number, or zero, in every dtype."""
    return number == 0 or LEAST <= abs(number) <= MOST


_made: WeakValues[int, Function] = WeakValues()  # by the `id` of its ufunc


def of_ufunc(ufunc: np.ufunc) -> Function | None:
    """The function that a ufunc belongs to, as long as there is one."""
    found = _made.get(id(ufunc))
    return found if found is not None and found.ufunc is ufunc else None


def again(ufunc: np.ufunc, origin: Origin, variety: str) -> Any:
    """What pickle is given for a ufunc that has no name: see `object.__reduce__`.

    Its function may have been dropped while the ufunc is in use; an equal one is made then.
    """
    function = of_ufunc(ufunc)
    if function is None:
        functions = origin.again()._functions()
        function = next(f for f in functions if f._variety == variety)
    return operator.attrgetter("ufunc"), (function,)


def specs(
    owner: Owner, key: str, variety: str, nin: int, constants: tuple[float | None, ...] = ()
) -> dict[str, loop_registry.LoopSpec]:
    """The loops of a variety of an activation, by dtype; `constants` take the parameters' place."""
    build = loop_registry.builder(
        "fastact.compiler.activation_loops", "build", owner.declaration.kernels, variety, nin,
        len(owner.params), constants,
    )  # fmt: skip
    return {
        dtype: loop_registry.LoopSpec(key, owner.name, dtype, build, owner.declaration.source)
        for dtype in loop_registry.DTYPES
    }


class Standard:
    """A function at the defaults of its parameters, which are constants of these loops.

    They give the same bits in less time: the parameters are neither bound nor read, and what they
    multiply or divide is left out where they are 1.
    """

    def __init__(self, function: Function, key: str) -> None:
        self.name, self.nout = f"{function.name}_standard", function._nout
        self.nin = function._nin - len(function.params)
        owner, variety = function._owner, function._variety
        self.loops = specs(owner, f"{key}_standard", variety, self.nin, function._defaults)
        self._ufunc: np.ufunc | None = None

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc`."""
        return loading.loaded(self._make) if self._ufunc is None else self._ufunc

    def _make(self) -> np.ufunc:
        if self._ufunc is None:  # no other thread has made it meanwhile
            loops = self.loops
            self._ufunc = ufunc.make(
                self.name, "", self.nin, self.nout, lambda dtype: loops[dtype].loaded()
            )
        return self._ufunc


class Function(described.Described, Vectorcalled):
    """A NumPy ufunc that is made on its first use.

    Calling it is calling the ufunc: broadcasting, ``out=``, ``where=``, ``dtype=``, ``casting=``,
    any strides and byte order, and dispatch to pandas, xarray and dask.
    """

    # Python looks for `__call__` on the type and finds this slot, which each function fills: with
    # native code that calls its ufunc where nothing has to be done before but a look at keywords.
    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Any

    _has_standard = True  # whether there are loops at the defaults of the parameters, if it has any
    _direct = True  # whether a call may go to the ufunc as it is
    _plain: tuple[np.ufunc, ...] = ()  # those whose plain calls native code makes
    _options: Mapping[str, Any] = OPTIONS  # the keywords beside the parameters, with their defaults

    def __init__(self, owner: Owner, variety: str, nin: int) -> None:
        self._owner, self._variety, self._nin = owner, variety, nin
        self.name = owner.name if variety == "forward" else f"{owner.name}_{variety}"
        self.__module__, self.__name__ = "fastact", variety
        self.__qualname__ = f"{owner.name}.{variety}"
        key = owner._stem + self.name.removeprefix(owner.name)
        self.params = owner.params
        self._names = frozenset(p.name for p in self.params)
        self._defaults = tuple(p.none if p.default is None else p.default for p in owner.params)
        self._order = tuple(p.name for p in self.params)
        self._requires = owner.declaration.requires
        self._obeyed: set[tuple[float, ...]] = set()  # numbers that are known to obey the rules
        known = (*self._data, *(p.name for p in self.params), *self._options)
        self._check_option = functools.partial(ufunc_keyword, self._called, known)
        self._explain = functools.partial(explained, self._called)
        self._detour()
        self._ufunc: np.ufunc | None = None
        self._quick: np.ufunc | None = None  # see `_of_data`, which finds it
        self._loops = specs(owner, key, variety, nin)
        self._complete = None not in self._defaults  # whether a call may leave out all parameters
        standard = self._has_standard and self.params and self._complete
        self._standard = Standard(self, key) if standard else None
        if owner._origin.listed:
            if self.name in ufunc.registry:
                place = owner.declaration.kernels["forward"].function.__module__
                raise loading.cannot_reload(place)
            ufunc.registry[self.name] = lambda: self.ufunc
            for loop in self._every_loop():
                loop_registry.add(loop)

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        if self._ufunc is None:
            self._check_kernel()
            return loading.loaded(self._make)
        return self._ufunc

    def _make(self) -> np.ufunc:
        if self._ufunc is not None:
            return self._ufunc  # another thread has made it meanwhile
        name, doc, nout = self._loops["float64"].name, self._owner.__doc__ or "", self._nout
        loops = self._loops  # not `self`: Python does not find cycles that go through a ufunc
        origin, variety = self._owner._origin, self._variety
        self._ufunc = ufunc.make(
            name, doc, self._nin, nout, lambda dtype: loops[dtype].loaded(),
            again=None if origin.listed else lambda ufunc: again(ufunc, origin, variety),
            check=self._check_option, explain=self._explain,
        )  # fmt: skip
        _made[id(self._ufunc)] = self
        if self._direct and not self.params and direct_until(self, nout):
            self._redirect()
        return self._ufunc

    def _redirect(self) -> None:
        """Let native code call the ufunc from now on, or where no parameter is given."""
        if self._direct and not self.params:
            self.__call__ = ufunc.guarded(self.ufunc)
        else:
            forms = self._forms()
            self.__call__ = ufunc.plainly(
                forms[0].ufunc, self._general, forms, positional=self._positional
            )
        call_quickly(self)

    def _forms(self) -> list[Form]:
        """The forms of plain calls, as far as ufuncs for them are made."""
        return self._forms_with()

    def _forms_with(self, *data: str) -> list[Form]:
        """Plain calls with this data, at the defaults of the parameters or with all of them.

        These are numbers that `_bind` has seen before.
        """
        order, obeyed, out = self._order, self._obeyed, self._nout == 1
        found = [] if self._quick is None else plain_forms(self._quick, *data, out=out)
        if self.params and self._ufunc is not None:
            found += plain_forms(self._ufunc, *data, *order, out=out, numbers=order, obeyed=obeyed)
        return found

    @property
    def _positional(self) -> tuple[str, ...]:
        """The keywords that may be given by position in a plain call."""
        return self._order

    def _go_plainly(self, quick: np.ufunc) -> None:
        """Let native code make the plain calls of this ufunc too, which `_forms` has by now."""
        if quick not in self._plain and threads.direct_until(self):
            self._plain += (quick,)
            self._redirect()

    def _detour(self) -> None:
        """Call `general` from now on."""
        self.__call__ = self._general

    def _of_data(self) -> np.ufunc | None:
        """The ufunc that takes no parameters, if there is one."""
        self._check_kernel()
        whole = self._standard if self.params else self
        self._quick = None if whole is None else whole.ufunc
        return self._quick

    def _quick_for(
        self, dy: Array, data: Array, named: dict[str, Any]
    ) -> tuple[np.ufunc, tuple[Array, ...]] | None:
        """The ufunc and the parameters, if there is nothing more to look at but `out`."""
        if type(dy) not in PLAIN or type(data) not in PLAIN or integral(dy):
            return None
        if type(dy) in WEAK and integers((dy, data), tuple(named.values())):
            return None
        if named:
            known = self._known((), named)
            return None if known is None else (self._ufunc or self.ufunc, known)
        quick = self._quick or self._of_data()
        return None if quick is None else (quick, ())

    def _every_loop(self) -> Iterator[loop_registry.LoopSpec]:
        """The loops of this function, those at the defaults of its parameters last."""
        yield from self._loops.values()
        if self._standard is not None:
            yield from self._standard.loops.values()

    @property
    def _nout(self) -> int:
        """The number of results."""
        return 2 if self._variety == "value_and_derivative" else 1

    @property
    def _kernel(self) -> str:
        """The name of the kernel that this is made of."""
        return KERNEL.get(self._variety, self._variety)

    def _check_kernel(self) -> None:
        """Raise a TypeError if this would need a derivative that is not known."""
        if self._kernel not in self._owner.declaration.kernels:
            raise TypeError(f"{self._owner.name}: {self._owner._origin.missing(self._kernel)}")

    def _general(self, x: Array = MISSING, /, *params: Array, **options: Any) -> Any:
        """Call the ufunc with parameters from `params` and `options`."""
        if x is MISSING:
            raise lacking(self._called, self._data[0], self._signature())
        ufunc.spell_out(options, self._nout)
        try:
            if not params and not options and self._quick is not None and type(x) in PLAIN:
                return threads.call(self._quick, x)
            ready = self._ready(x, params, options)
            if ready is not None:
                call, *arguments = ready
                return call(*arguments, **options)
            return self._of(x, params, options)
        except ERRORS as error:
            explained(self._called, error, x, **options)

    def _of(self, x: Array, params: tuple[Array, ...], options: dict[str, Any]) -> Any:
        """Call the ufunc after a look at all that there is; `options` lose the parameters."""
        quick = None
        if not params and type(x) in PLAIN and options.keys() <= STANDARD_OPTIONS:
            quick = self._quick or self._of_data()
        if quick is None:
            params = self._bind(params, options)
            if self.params and integers((x,), params):
                options.setdefault("dtype", np.float64)
        self._check_options(options)
        if type(x) in PLAIN and not any(map(opens, params)):
            self._check_shapes(self._called, {"x": x}, params)
            call = caller((x,), params, options.get("out"), options.get("dtype"))
            return call(quick or self.ufunc, x, *params, **options)
        if self._variety == "value_and_derivative" and takes_one(x):
            owner: Any = self._owner
            return owner(x, *params, **options), owner.derivative(x, *params, **options)
        return elementwise(self.ufunc, self._called, {"x": x} | self._named(params), options)

    def _named(self, params: tuple[Array, ...]) -> dict[str, Array]:
        """The parameters by name."""
        return dict(zip(self._order, params, strict=True))

    def _check_options(self, options: Mapping[str, Any]) -> None:
        """Raise an error unless the ufunc has these keywords, and they may have these values."""
        if options and not only_out(options):
            for key, value in options.items():
                self._check_option(key, value)

    @property
    def _called(self) -> str:
        """What a user calls this."""
        return self.name if self._variety == "forward" else f"{self._owner.name}.{self._variety}"

    @property
    def _data(self) -> tuple[str, ...]:
        """The names of the arguments before the parameters."""
        return ("dy", "x")[self._nin - len(self.params) == 1 :]

    def _signature(self) -> Signature:
        return described.signature(self._data, self.params, self._options)

    def _document(self) -> str:
        if self._variety in described.MEMBERS:
            return described.member(self._owner, self._variety)
        return f"The ufunc `{self.name}`: see `{self._owner.name}`."

    def _ready(
        self, x: Array, params: tuple[Array, ...], options: dict[str, Any]
    ) -> tuple[Any, ...] | None:
        """What calls which ufunc with what, if there is nothing more to look at."""
        if not params and (not options or only_out(options)):
            quick = self._quick or self._of_data()
            if quick is None or type(x) not in PLAIN:
                return None
            if self.params:
                self._go_plainly(quick)
            return ufunc.calling(options.get("out"), x), quick, x
        if self.params and type(x) is np.ndarray and x.dtype.kind == "f":
            known = self._known(params, options)
            if known is not None:
                options.clear()
                made = self._ufunc or self.ufunc
                self._go_plainly(made)
                return threads.call, made, x, *known
        return None

    def _known(self, params: tuple[Array, ...], named: dict[str, Any]) -> tuple[Array, ...] | None:
        """The parameters if they are all, numbers of Python's, and were looked at before."""
        if not params and tuple(named) == self._order:
            params = tuple(named.values())
        elif named:
            return None
        return params if NUMBER.issuperset(map(type, params)) and params in self._obeyed else None

    def _bind(
        self, params: tuple[Array, ...], named: dict[str, Any], called: str = ""
    ) -> tuple[Array, ...]:
        """The parameters in the order of the declaration, taken out of `named`."""
        if not params and self._complete and self._names.isdisjoint(named):
            return self._defaults
        known = self._known(params, named)
        if known is not None:
            named.clear()
            return known
        called = called or self._called
        if len(params) > len(self.params):
            raise too_many(called, [*self._data, *(p.name for p in self.params)], 1 + len(params))
        rest = self.params[len(params) :]
        given = [*params, *[named.pop(p.name, p.default) if named else p.default for p in rest]]
        if named and not self._names.isdisjoint(named):
            twice = next(p.name for p in self.params if p.name in named)
            raise TypeError(f"{called}() got two values for {twice}")
        kinds = set(map(type, given))
        if NONE in kinds:
            pairs = zip(self.params, given, strict=True)
            given = [
                self._instead(called, p, named) if value is None else value for p, value in pairs
            ]
        values = tuple(given)
        numbers = kinds <= NUMBER
        if not numbers or values not in self._obeyed:
            self._check_values(called, values)
            if numbers and all(map(fits, values)) and len(self._obeyed) < MOST_OBEYED:
                self._obeyed.add(values)
        return values

    def _check_values(self, called: str, values: tuple[Array, ...]) -> None:
        """Raise an error unless the parameters are numbers that obey the rules."""
        for p, value in zip(self.params, values, strict=True):
            if opens(value):
                opener(called, p.name, value)
            elif type(value) is not float:
                parameter(called, p.name, value)
        for rule in self._requires:
            self._check(rule, values)

    def _check_shapes(self, called: str, data: dict[str, Array], params: tuple[Array, ...]) -> None:
        """Raise a ValueError unless parameters that are arrays broadcast with the data."""
        if NUMBER.issuperset(map(type, params)) or any(map(is_container, params)):
            return
        together(called, **data, **self._named(params))

    def _instead(self, called: str, p: Parameter, named: Mapping[str, Any]) -> float:
        """What None stands for; a TypeError where a parameter without a default has no value."""
        if p.none is not None:
            return p.none
        known = {p.name for p in self.params} | set(self._options) | {"x", "y", "dy"}
        if unknown := named.keys() - UFUNC_OPTIONS - known:
            raise unexpected(called, min(unknown), self._signature().parameters)
        if p.default is not None:
            raise refused(called, p.name, PARAMETER, None)
        raise TypeError(f"{called}() needs a value for {p.name}")

    def _check(self, rule: str, values: tuple[Array, ...]) -> None:
        """Raise a ValueError unless the parameters obey `rule`."""
        names = [p.name for p in self.params]
        known = dict(zip(names, values, strict=True))
        arrays = {n: v if isinstance(v, float | int) else in_rule(v) for n, v in known.items()}
        obeyed = evaluate(rule, arrays)
        if obeyed is not True and not np.all(in_a_row(obeyed)):  # numbers of Python's need no array
            got = ", ".join(f"{n}={known[n]!r}" for n in names if n in compiled(rule).co_names)
            raise ValueError(f"{self._owner.name}(): needs {rule}, got {got}")

    def __reduce__(self) -> Any:
        return operator.attrgetter(self._variety), (self._owner,)

    def __repr__(self) -> str:
        return f"<fastact.{self._owner.name}.{self._variety}>"


class Backward(Function):
    """The vector-Jacobian product of an activation: ``dy * f'(x)``."""

    _direct = False

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner, "backward", 2 + len(owner.params))
        self._from_output: Function | None = None
        if owner.from_output:
            self._from_output = FromOutput(owner, "backward_from_output", self._nin)

    def _forms(self) -> list[Form]:
        used = ("x", self), ("y", self._from_output)
        return [form for key, f in used if f is not None for form in f._forms_with(key)]

    @property
    def _positional(self) -> tuple[str, ...]:
        return ()

    def _general(
        self,
        dy: Array = MISSING,
        /,
        *rest: Array,
        x: Array | None = None,
        y: Array | None = None,
        mask: Any = None,
        out: Any = None,
        **named: Any,
    ) -> Any:
        """``dy * f'(x)``, from the input `x` or, where that is enough, the output `y` or a mask.

        Raises
        ------
        TypeError
            If not exactly one of `x`, `y` and `mask` is given, or if it is not enough.
        """
        used, key, data = (self, "x", x) if y is None else (self._from_output, "y", y)
        alone = used is not None and mask is None and (x is None) != (y is None)
        if out is not None and type(out) is not np.ndarray:
            self._check_option("out", out)
        ready = used._quick_for(dy, data, named) if used and alone and not rest else None
        if ready is not None:
            return self._at_once(*ready, dy, data, out, key)
        name = f"{self._owner.name}.backward"
        if rest or dy is MISSING:
            raise TypeError(self._misplaced())
        if mask is not None:
            if x is not None or y is not None:
                raise TypeError(f"{name}() needs exactly one of x=, y= and mask=, got several")
            return self._owner.forward_with_mask._backward(dy, mask, out, named)
        if used is None or not alone:
            raise self._no_source(name, x, y, named)
        params = used._bind((), named, name)
        if named:
            self._check_names(named)
        return self._product(used.ufunc, {"dy": dy, key: data}, params, out)

    def _product(
        self, function: np.ufunc, data: dict[str, Array], params: tuple[Array, ...], out: Any
    ) -> Any:
        """Call a ufunc with arrays and parameters of any kind."""
        name, arrays = f"{self._owner.name}.backward", tuple(data.values())
        options = {} if out is None else {"out": out}
        if integers(arrays, params):
            options["dtype"] = np.float64
        try:
            if PLAIN.issuperset(map(type, arrays)) and not any(map(opens, params)):
                self._check_shapes(name, data, params)
                call = caller(arrays, params, out, options.get("dtype"))
                return call(function, *arrays, *params, **options)
            return elementwise(function, name, data | self._named(params), options)
        except ERRORS as error:
            explain(error, name, out, **data)
            raise

    def _at_once(
        self, quick: np.ufunc, known: tuple[Array, ...], dy: Array, data: Array, out: Any, key: str
    ) -> Any:
        """Call a ufunc for which all has been looked at; `key` is the keyword of `data`."""
        self._go_plainly(quick)
        try:
            if out is None:
                return threads.call(quick, dy, data, *known)
            return ufunc.calling(out, dy, data)(quick, dy, data, *known, out=out)
        except ERRORS as error:
            explain(error, f"{self._owner.name}.backward", out, **{"dy": dy, key: data})
            raise

    def _no_source(self, name: str, x: Array, y: Array, named: Mapping[str, Any]) -> TypeError:
        """What to raise where neither or both are given, or the output and that is not enough."""
        if (x is None) == (y is None):
            self._check_names(named)
            given = "neither" if x is None else "both"
            return TypeError(
                f"{name}() needs exactly one of x=, the input, and y=, the output; got {given}"
            )
        return TypeError(
            f"{name}(): the output of {self._owner.name} does not determine its derivative; "
            "pass the input as x="
        )

    def _check_names(self, named: Mapping[str, Any]) -> None:
        """Raise a TypeError if a keyword is none of a parameter."""
        for given in named.keys() - {p.name for p in self.params}:
            name = f"{self._owner.name}.backward"
            raise unexpected(name, given, self._signature().parameters)

    def _misplaced(self) -> str:
        """What to say where not exactly one argument is given by position."""
        name = f"{self._owner.name}.backward"
        ways = [f"{name}(dy, {key}={key})" for key in self._sources]
        return (
            f"{name}() takes one argument by position, dy, the gradient of the output; "
            f"the others by name: {' or '.join(ways)}"
        )

    @property
    def _sources(self) -> list[str]:
        """The keywords of what the derivative is found from."""
        masked = self._owner.declaration.masked is not None
        return ["x"] + ["y"] * self._owner.from_output + ["mask"] * masked

    def _signature(self) -> Signature:
        options = dict.fromkeys((*self._sources, "out"))
        return described.signature(("dy",), self.params, options, by_name=True)


class FromOutput(Function):
    """``dy * f'(x)`` from ``y = f(x)``."""

    def __init__(self, owner: Owner, variety: str, nin: int) -> None:
        super().__init__(owner, variety, nin)
        self._requires += owner.declaration.output_requires

    def __reduce__(self) -> Any:
        return operator.attrgetter("backward._from_output"), (self._owner,)


class Partial(Function):
    """``dy * ∂f/∂p`` for a parameter p: the summands of its gradient."""

    _has_standard = False

    def __reduce__(self) -> Any:
        return partial_of, (self._owner, self._variety.removeprefix("partial_"))


def partial_of(owner: Owner, parameter: str) -> Partial:
    """For pickle: the mapping of an activation's partials holds what is being pickled."""
    found: Partial = owner._partials[parameter]
    return found
