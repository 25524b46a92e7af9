"""The NumPy ufuncs under their own names, where `pickle` finds them.

>>> import fastact.ufuncs
>>> fastact.ufuncs.sigmoid_derivative
<ufunc 'sigmoid_derivative'>
"""

from __future__ import annotations

import numpy as np

import fastact


def __getattr__(name: str) -> np.ufunc:
    for activation in fastact.activations.values():
        for function in activation.functions():
            if function.name == name:
                return function.ufunc
    raise AttributeError(f"module 'fastact.ufuncs' has no ufunc {name!r}")
