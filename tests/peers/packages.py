"""The peers: how each of them is asked for values and derivatives, and what it offers.

A package has a `name`, the `lines` of its table, the `dtypes` and `varieties` that it has of a
line, and the names of all that it `offers`. Called, it gives the values.
"""

from __future__ import annotations

import inspect
import os
from functools import cache, reduce
from typing import Any

import numpy as np

from tests.peers import table
from tests.peers.table import Line
from tests.support.checks import VARIETIES

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # which JAX reads when it is imported

import jax
import onnx
import onnxruntime
import scipy.special
import sklearn.neural_network._base as sklearn_base
import torch
from thinc.backends.numpy_ops import NumpyOps

jax.config.update("jax_enable_x64", True)

Named = dict[str, float | None]


class Package:
    """A peer; what it is by default."""

    name: str  # as declarations know it
    lines: tuple[Line, ...]
    parameters = "float64"  # the widest format that it keeps parameters in

    def dtypes(self, line: Line) -> tuple[str, ...]:
        return ("float32", "float64")

    def varieties(self, line: Line) -> tuple[str, ...]:
        return VARIETIES[: line.orders]

    def default(self, line: Line, name: str) -> float | None:
        """The default of a parameter, where the package tells it."""
        try:
            default = inspect.signature(self.function(line)).parameters[name].default
        except ValueError:
            return None
        return None if default is inspect.Parameter.empty else default

    def offers(self) -> set[str]:
        raise NotImplementedError

    def function(self, line: Line) -> Any:
        """What the line names; raises an error if there is no such thing."""
        raise NotImplementedError

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        raise NotImplementedError


def member(module: Any, path: str) -> Any:
    """What `module.path` is; a path that ends in () is called."""
    found = reduce(getattr, path.removesuffix("()").split("."), module)
    return found() if path.endswith("()") else found


class Torch(Package):
    """PyTorch, differentiated by autograd."""

    name, lines = "torch", table.TORCH

    def offers(self) -> set[str]:
        return {*dir(torch.nn.functional), *dir(torch.special)}

    def function(self, line: Line) -> Any:
        return member(torch, line.theirs)

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        at = torch.from_numpy(x.copy()).requires_grad_()
        others = [torch.tensor(value, dtype=at.dtype) for value in arrays]
        y = self.function(line)(at, *others, **named, **line.options)
        for _ in range(VARIETIES.index(variety)):
            y = self.slope(y, at)
        return y.detach().numpy()

    def slope(self, y: Any, at: Any) -> Any:
        if not y.requires_grad:  # a constant
            return torch.zeros_like(at)
        (dx,) = torch.autograd.grad(
            y, at, torch.ones_like(y), create_graph=True, materialize_grads=True
        )
        return dx


class Jax(Package):
    """JAX, compiled, with its own differentiation."""

    name, lines = "jax", table.JAX

    def offers(self) -> set[str]:
        return {*dir(jax.nn), *dir(jax.scipy.special)}

    def function(self, line: Line) -> Any:
        return member(jax, line.theirs)

    @cache  # noqa: B019 (packages live as long as the process)
    def compiled(self, line: Line, order: int) -> Any:
        function = self.function(line)

        def f(x: Any, arrays: list[Any], named: dict[str, Any]) -> Any:
            return function(x, *arrays, **named, **line.options)

        for _ in range(order):
            f = jax.grad(f)
        return jax.jit(jax.vmap(f, in_axes=(0, None, None)))

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        others = [x.dtype.type(value) for value in arrays]
        values = {name: x.dtype.type(value) for name, value in named.items()}
        return np.asarray(self.compiled(line, VARIETIES.index(variety))(x, others, values))


class Onnx(Package):
    """The operators of ONNX in onnxruntime, each a model of its own."""

    name, lines, parameters = "onnx", table.ONNX, "float32"
    opset = 24  # the first with every operator of the table, and the last with a kernel for each

    def dtypes(self, line: Line) -> tuple[str, ...]:
        return tuple(d for d in ("float16", "float32", "float64") if self.has_kernel(line, d))

    def has_kernel(self, line: Line, dtype: str) -> bool:
        try:
            self.session(line, dtype, ())
        except Exception as error:  # pybind11's classes are private
            if not {type(error).__name__} & {"NotImplemented", "InvalidGraph"}:
                raise
            return False
        return True

    def varieties(self, line: Line) -> tuple[str, ...]:
        return VARIETIES[:1]

    def default(self, line: Line, name: str) -> float | None:
        attribute = self.function(line).attributes.get(name)
        return attribute and attribute.default_value.f

    def offers(self) -> set[str]:
        return {schema.name for schema in onnx.defs.get_all_schemas()}

    def function(self, line: Line) -> Any:
        return onnx.defs.get_schema(line.theirs)

    @cache  # noqa: B019 (the same)
    def session(self, line: Line, dtype: str, named: tuple[tuple[str, float], ...]) -> Any:
        element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        shapes = {"x": [None]} | {str(name): [] for name in line.arrays}
        node = onnx.helper.make_node(line.theirs, [*shapes], ["y"], **dict(named), **line.options)
        inputs = [
            onnx.helper.make_tensor_value_info(name, element, shape)
            for name, shape in shapes.items()
        ]
        output = onnx.helper.make_tensor_value_info("y", element, [None])
        model = onnx.helper.make_model(
            onnx.helper.make_graph([node], "one operator", inputs, [output]),
            opset_imports=[onnx.helper.make_opsetid("", self.opset)],
            ir_version=10,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 4
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        session = self.session(line, x.dtype.name, tuple(named.items()))
        inputs = [x, *(np.array(value, x.dtype) for value in arrays)]
        names = [given.name for given in session.get_inputs()]
        (y,) = session.run(None, dict(zip(names, inputs, strict=True)))
        return y


class Thinc(Package):
    """Thinc's operations on NumPy arrays, with the backward passes that it has."""

    name, lines = "thinc", table.THINC
    ops = NumpyOps()

    def varieties(self, line: Line) -> tuple[str, ...]:
        return VARIETIES[: 1 + hasattr(self.ops, f"backprop_{line.theirs}")]

    def offers(self) -> set[str]:
        return {*dir(self.ops)}

    def function(self, line: Line) -> Any:
        return getattr(self.ops, line.theirs)

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        y = self.function(line)(x.copy(), **named)
        if variety == "forward":
            return y
        backprop = getattr(self.ops, f"backprop_{line.theirs}")
        known = {"dY": np.ones_like(x), "X": x.copy(), "Y": y}
        operands = [known[name] for name in inspect.signature(backprop).parameters if name in known]
        return backprop(*operands, **named)


class Sklearn(Package):
    """The activations of scikit-learn's perceptrons, which work in place, from the output."""

    name, lines = "sklearn", table.SKLEARN

    def varieties(self, line: Line) -> tuple[str, ...]:
        return VARIETIES[: 1 + (line.theirs in sklearn_base.DERIVATIVES)]

    def offers(self) -> set[str]:
        return {*sklearn_base.ACTIVATIONS}

    def function(self, line: Line) -> Any:
        return sklearn_base.ACTIVATIONS[line.theirs]

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        y, delta = x.copy(), np.ones_like(x)
        self.function(line)(y)
        if variety == "forward":
            return y
        sklearn_base.DERIVATIVES[line.theirs](y, delta)
        return delta


class Scipy(Package):
    """SciPy's special functions."""

    name, lines = "scipy", table.SCIPY

    def varieties(self, line: Line) -> tuple[str, ...]:
        return VARIETIES[:1]

    def offers(self) -> set[str]:
        return {*dir(scipy.special)}

    def function(self, line: Line) -> Any:
        return getattr(scipy.special, line.theirs)

    def __call__(
        self, line: Line, variety: str, x: np.ndarray, named: Named, arrays: list[float]
    ) -> np.ndarray:
        return self.function(line)(x)


PACKAGES = (Torch(), Jax(), Onnx(), Thinc(), Sklearn(), Scipy())
