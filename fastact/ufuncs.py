"""The NumPy ufuncs under their own names, where `pickle` finds them.

>>> import fastact.ufuncs
>>> fastact.ufuncs.sigmoid_derivative
<ufunc 'sigmoid_derivative'>
"""

from __future__ import annotations

import numpy as np

from fastact.engine.ufunc import registry


def __getattr__(name: str) -> np.ufunc:
    if name not in registry:
        raise AttributeError(f"module 'fastact.ufuncs' has no ufunc {name!r}")
    return registry[name]()


def __dir__() -> list[str]:
    return list(registry)
