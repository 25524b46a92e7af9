"""Runtimes of models, onnxruntime and OpenVINO: a model of one operator for each function."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import fastact as fa
from fastact.benchmarks.peers.peer import FORWARD, Peer

ONNX: dict[str, tuple[str, dict[str, Any]]] = {
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "thresholded_relu": ("ThresholdedRelu", {"alpha": 1.0}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "gelu": ("Gelu", {}),
    "gelu_tanh": ("Gelu", {"approximate": "tanh"}),
    "mish": ("Mish", {}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "celu": ("Celu", {}),
    "erf": ("Erf", {}),
    "exponential": ("Exp", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "hardmax": ("Hardmax", {"axis": -1}),
}
OPSET, IR = 20, 9  # the first with Gelu, and the format that goes with it


def onnxruntime() -> Peer:
    """ONNX Runtime, a session for each function and dtype."""
    import onnxruntime
    from onnx import TensorProto, helper

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = fa.get_num_threads()
    kinds = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}

    @cache
    def session(name: str, dtype: str, dimensions: int) -> Any:
        operator, attributes = ONNX[name]
        shape = [f"n{i}" for i in range(dimensions)]
        x, y = (helper.make_tensor_value_info(v, kinds[dtype], shape) for v in "xy")
        node = helper.make_node(operator, ["x"], ["y"], **attributes)
        graph = helper.make_graph([node], name, [x], [y])
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
        )
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def call(name: str) -> Callable[..., Any]:
        return lambda x: session(name, x.dtype.name, x.ndim).run(None, {"x": x})[0]

    calls = {(name, FORWARD): call(name) for name in ONNX}
    return Peer("onnxruntime", tuple(kinds), np.asarray, calls)


OPENVINO: dict[str, tuple[str, tuple[float | str, ...]]] = {
    "sigmoid": ("sigmoid", ()),
    "tanh": ("tanh", ()),
    "relu": ("relu", ()),
    "hard_silu": ("hswish", ()),
    "hard_sigmoid": ("hsigmoid", ()),
    "softplus": ("softplus", ()),
    "softsign": ("softsign", ()),
    "gelu": ("gelu", ("ERF",)),
    "gelu_tanh": ("gelu", ("TANH",)),
    "silu": ("swish", ()),
    "mish": ("mish", ()),
    "elu": ("elu", (1.0,)),
    "erf": ("erf", ()),
    "exponential": ("exp", ()),
    "softmax": ("softmax", (-1,)),
    "log_softmax": ("log_softmax", (-1,)),
}


def openvino() -> Peer:
    """OpenVINO's plug-in for CPUs; what it returns is its own memory, which is the quicker way."""
    import openvino
    from openvino import opset15

    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": fa.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "f32",
        "EXECUTION_MODE_HINT": "ACCURACY",
    }

    @cache
    def model(name: str, dimensions: int) -> Any:
        operator, arguments = OPENVINO[name]
        x = opset15.parameter([-1] * dimensions, np.float32)
        node = getattr(opset15, operator)(x, *arguments)
        return core.compile_model(openvino.Model([node], [x]), "CPU", settings)

    def call(name: str) -> Callable[..., Any]:
        return lambda x: model(name, x.ndim)(x, share_inputs=True, share_outputs=True)[0]

    calls = {(name, FORWARD): call(name) for name in OPENVINO}
    return Peer("openvino", ("float32",), np.asarray, calls)
