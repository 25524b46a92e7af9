"""fastact: fast, accurate activation functions for NumPy, forward and backward.

>>> import numpy as np, fastact as fa
>>> x = np.linspace(-2, 2, 5)
>>> y = fa.sigmoid(x)
>>> dx = fa.sigmoid.backward(np.ones_like(y), x=x)

Importing this package compiles nothing and does not import Numba.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path as _Path
from typing import TYPE_CHECKING, Any

if __name__ != "fastact":
    raise ImportError(
        f"{__name__}: this package cannot be imported below another one: its modules import one "
        f"another as 'fastact'. Put {str(_Path(__file__).parents[1])!r} on sys.path and import "
        "fastact, or depend on the distribution"
    )
if import_module("fastact.native.loading").in_subinterpreter():  # asked before NumPy comes
    raise ImportError(
        "fastact, like NumPy, does not run in a sub-interpreter: use threads, or processes "
        "(mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
    )

from fastact import elementwise as _elementwise
from fastact import losses as _losses
from fastact.arguments import nearest as _nearest_of
from fastact.definition.activation import Activation
from fastact.definition.user_defined import activation
from fastact.diagnostics.conventions import conventions
from fastact.elementwise import activations
from fastact.elementwise.algebraic import *
from fastact.elementwise.exponentials import *
from fastact.elementwise.gated import geglu, glu, reglu, swiglu
from fastact.elementwise.hyperbolic import *
from fastact.elementwise.logistic import *
from fastact.elementwise.normal import *
from fastact.elementwise.piecewise import *
from fastact.losses.cross_entropy import *
from fastact.losses.elementwise import *
from fastact.losses.squared import *
from fastact.native.threads import get_num_threads, num_threads, set_num_threads
from fastact.rowwise import softmax_family as _softmax_family
from fastact.rowwise.gumbel import gumbel_softmax
from fastact.rowwise.logsumexp import logmeanexp, logsumexp
from fastact.rowwise.softmax_family import *

if TYPE_CHECKING:
    from fastact import dask as dask  # a public name, but not of `*`
    from fastact.diagnostics.check import check
    from fastact.diagnostics.diagnose import diagnose
    from fastact.diagnostics.findings import CheckError

__version__ = "0.1.0"
__all__ = [
    "Activation",
    "CheckError",
    "activation",
    "activations",
    "check",
    "conventions",
    "diagnose",
    "geglu",
    "get_num_threads",
    "glu",
    "gumbel_softmax",
    "logmeanexp",
    "logsumexp",
    "num_threads",
    "reglu",
    "set_num_threads",
    "swiglu",
]

__all__ += _elementwise.__all__
__all__ += _softmax_family.__all__
__all__ += _losses.__all__

# By the module that has them; "dask" is the module itself.
_late = {
    "CheckError": "diagnostics.findings",
    "check": "diagnostics.check",
    "dask": "dask",
    "diagnose": "diagnostics.diagnose",
}


def __dir__() -> list[str]:
    return [*__all__, "dask"]  # which `from fastact import *` would need dask for


if not TYPE_CHECKING:  # to a checker, a name that is not above is an error

    def __getattr__(name: str) -> Any:
        """Import what few programs need when it is first asked for."""
        if name not in _late:
            raise AttributeError(f"module 'fastact' has no attribute {name!r}{_nearest(name)}")
        module = import_module(f"fastact.{_late[name]}")
        value = globals()[name] = module if name == _late[name] else getattr(module, name)
        return value


def _nearest(name: str) -> str:
    """The public name that was meant, if one is near; Python asks for private ones itself."""
    return "" if name.startswith("_") else _nearest_of(name, __all__)
