"""The functions that are judged: ours, and those of the same name in other packages."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from fastact.definition.activation import Activation
from fastact.definition.declaration import ORDERS
from fastact.verification.judge import Call

Array = Any
OURS = "fastact"
# Where each package keeps its functions, and what it calls them if not as we do.
PLACES = {
    "torch": ("torch.nn.functional", "torch", "torch.special"),
    "jax": ("jax.nn", "jax.numpy", "jax.scipy.special"),
    "scipy": ("scipy.special", "numpy"),
}
OTHER_NAMES = {"exponential": "exp", "hard_silu": "hardswish"}
SPECIAL: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("gelu", "jax"): ("gelu", {"approximate": False}),
    ("gelu_tanh", "jax"): ("gelu", {"approximate": True}),
    ("gelu_tanh", "torch"): ("gelu", {"approximate": "tanh"}),
}


def calls(
    f: Activation,
    dtype: str,
    varieties: Sequence[str],
    packages: Sequence[str],
    params: Sequence[float] | None = None,
) -> dict[tuple[str, str], Call]:
    """Return the functions by package and variety; what a package has not got is left out.

    Of our own the parameters may be given; otherwise the defaults hold.
    """
    found: dict[tuple[str, str], Call] = {}
    for package in packages:
        for variety in varieties:
            if package == OURS:
                call: Call | None = ours(f, variety, params)
            else:
                call = theirs(f, variety, package, dtype, needed(f))
            if call is not None:
                found[package, variety] = call
    return found


def needed(f: Activation) -> dict[str, float]:
    """Values for the parameters that every call has to give."""
    return {p.name: p.typical for p in f.params if p.required}


def ours(f: Activation, variety: str, params: Sequence[float] | None) -> Call:
    """Return a variety of `f`."""
    function: Any = f if variety == "forward" else getattr(f, variety)
    if params is not None:
        return lambda x: function(x, *params)
    return lambda x: function(x, **needed(f))


def theirs(
    f: Activation, variety: str, package: str, dtype: str, params: Mapping[str, float]
) -> Call | None:
    """Return the same of another package with these parameters, or None."""
    name, options = SPECIAL.get((f.name, package), (f.name, {}))
    function = find((name, *f.declaration.aliases, OTHER_NAMES.get(name, name)), package)
    if function is None:
        return None
    options = {**params, **options}
    try:
        call = SLOPES[package](lambda x: function(x, **options), ORDERS.index(variety))
        result = call(np.array([0.25, 0.75], dtype)) if call else None
    except (ImportError, TypeError, RuntimeError):  # not whole, no such parameter, no derivative
        return None
    return call if isinstance(result, np.ndarray) and fits(result, dtype) else None


def fits(result: Array, dtype: str) -> bool:
    """Whether a package keeps the dtype and the shape of two elements."""
    return bool(result.dtype == dtype and result.shape == (2,))


@cache
def along(name: str, package: str, dtype: str) -> Callable[..., Array] | None:
    """Return a function of rows of another package, called with the axis, or None."""
    function = find((name,), package)
    if function is None:
        return None
    call = ROWS[package](function)
    result = np.asarray(call(np.zeros((2, 2), dtype), axis=0))
    return call if result.dtype == dtype else None


def find(names: Sequence[str], package: str) -> Callable[..., Any] | None:
    """Return the function of another package that has one of these names."""
    spelt = [spelling for name in names for spelling in (name, name.replace("_", ""))]
    for place in PLACES[package]:
        try:
            module = import_module(place)
        except ImportError:
            continue
        found = (getattr(module, name, None) for name in spelt)
        if match := next(filter(callable, found), None):
            return match
    return None


def of_torch(function: Callable[..., Any], order: int) -> Call:
    """Return a function of PyTorch or its derivative, by autograd."""
    import torch

    torch.set_num_threads(1)

    def call(x: Array) -> Array:
        at = torch.from_numpy(np.array(x)).requires_grad_(order > 0)
        y = function(at)
        for n in range(order):
            if not y.requires_grad:
                return np.zeros_like(x)
            (y,) = torch.autograd.grad(
                y.sum(), at, create_graph=n + 1 < order, materialize_grads=True
            )
        return y.detach().numpy()

    return call


def of_jax(function: Callable[..., Any], order: int) -> Call:
    """Return a function of JAX or its derivative, by its own differentiation."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    jax.config.update("jax_enable_x64", True)
    for _ in range(order):
        function = jax.grad(function)
    compiled = jax.jit(jax.vmap(function) if order else function)
    return lambda x: np.asarray(compiled(x))


def of_scipy(function: Callable[..., Any], order: int) -> Call | None:
    """Return a function of SciPy or NumPy, which have no derivatives."""
    if order:
        return None

    def call(x: Array) -> Array:
        with np.errstate(all="ignore"):
            return function(x)

    return call


SLOPES: dict[str, Callable[[Callable[..., Any], int], Call | None]] = {
    "torch": of_torch,
    "jax": of_jax,
    "scipy": of_scipy,
}


def rows_of_torch(function: Callable[..., Any]) -> Callable[..., Array]:
    """Return a function of PyTorch that takes and gives arrays."""
    import torch

    torch.set_num_threads(1)
    return lambda x, axis: function(torch.from_numpy(x), dim=axis).numpy()


def rows_of_jax(function: Callable[..., Any]) -> Callable[..., Array]:
    """Return a function of JAX that gives arrays."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(function, static_argnames="axis")
    return lambda x, axis: np.asarray(compiled(x, axis=axis))


ROWS: dict[str, Callable[[Callable[..., Any]], Callable[..., Array]]] = {
    "torch": rows_of_torch,
    "jax": rows_of_jax,
    "scipy": lambda function: function,
}
