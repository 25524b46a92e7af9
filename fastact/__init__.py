"""fastact: fast, accurate activation functions for NumPy, forward and backward.

>>> import numpy as np, fastact as fa
>>> x = np.linspace(-2, 2, 5)
>>> y = fa.sigmoid(x)
>>> dx = fa.sigmoid.backward(np.ones_like(y), x=x)

Importing this package compiles nothing and does not import Numba.
"""

from __future__ import annotations

from types import MappingProxyType

from fastact import activations as _activations
from fastact.engine.activation import Activation
from fastact.losses import squared_error
from fastact.rowwise import log_softmax, logsumexp, softmax
from fastact.engine.threads import get_num_threads, num_threads, set_num_threads

__version__ = "0.1.0"

activations = MappingProxyType(
    {f.name: f for f in vars(_activations).values() if isinstance(f, Activation)}
)
globals().update(activations)
globals().update({alias: f for f in activations.values() for alias in f.aliases})
