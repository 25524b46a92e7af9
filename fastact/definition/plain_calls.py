"""Functions whose plain calls native code makes, without Python where it can (`native.glue`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from fastact.definition.described import Documented
from fastact.native import threads, ufunc
from fastact.native.glue import Form
from fastact.native.vectorcall import Vectorcalled, call_quickly


class CalledPlainly(Documented, Vectorcalled):
    """A function whose plain calls are steps in native code.

    A call is plain if it has one of the function's forms: an array of floats alone, or with what
    one of `_forms` lists, such as ``out=``. All other calls are those of `__call__`, which the
    class defines as any class does. In an object it is `_applied`: Python looks for `__call__` on
    the type and finds this slot, which each object fills. Methods that are `shown` may have plain
    calls too.
    """

    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Any
    _applied: Any
    _forms: Callable[[], list[Form]]  # of plain calls: each class has this method
    _method = "_applied"
    _axis: str | None = None  # a keyword that may be -1 in plain calls, too
    _positional: tuple[str, ...] = ()  # keywords that may follow the array by position
    _unshaped: tuple[str, ...] = ()  # keywords of arrays at whose shapes the steps look
    _waits = True  # whether plain calls still go to `_applied`: until the first call

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__call__" in vars(cls):
            cls._applied = vars(cls)["__call__"]
            del cls.__call__

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Make an object, all of whose calls are `_applied`."""
        made = super().__new__(cls)
        made.__call__ = made._applied
        return made

    @property
    def _any_ufunc(self) -> np.ufunc:
        """One of the function's ufuncs."""
        return self._forms()[0].ufunc

    @property
    def _member_forms(self) -> Mapping[str, list[Form]]:
        """The forms of plain calls of methods, by their names."""
        return MappingProxyType({})

    def _natively(self, more: Any, forms: list[Form], owner: tuple[Any, ...] = ()) -> Any:
        """A function that makes the plain calls of these forms, and calls `more` for others."""
        return ufunc.plainly(
            self._any_ufunc, more, forms, self._axis, owner, self._positional, self._unshaped
        )

    def _go_plainly(self) -> None:
        """Let native code run plain calls from now on, unless a package forbids it."""
        if threads.direct_until(self):
            self._redirect()
        self._waits = False

    def _redirect(self) -> None:
        """Let native code run plain calls from now on."""
        self.__call__ = self._natively(self._applied, self._forms())
        call_quickly(self)
        for name, forms in self._member_forms.items():
            general = getattr(type(self), name)
            function = getattr(self, name).__func__
            function.__call__ = self._natively(general, forms, (self,))
            call_quickly(function)

    def _detour(self) -> None:
        """Let all calls be those of `_applied` from now on."""
        self.__call__ = self._applied
        for name in self._member_forms:
            getattr(self, name).__func__.__call__ = getattr(type(self), name)
