"""The elementwise activations: one block each, from which everything else follows.

A block is a comment with the formula, the scalar kernels, and one declaration. Kernels are written
as mathematics; `numerics.primitives` says in what precision they are evaluated. Modules are
families of formulas; their order, and that of the blocks in them, is that of the documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fastact.definition.activation import Activation
from fastact.elementwise import algebraic, exponentials, hyperbolic, logistic, normal, piecewise

# isort: off
from fastact.elementwise.piecewise import *
from fastact.elementwise.logistic import *
from fastact.elementwise.hyperbolic import *
from fastact.elementwise.exponentials import *
from fastact.elementwise.normal import *
from fastact.elementwise.algebraic import *
# isort: on

__all__ = []
__all__ += piecewise.__all__
__all__ += logistic.__all__
__all__ += hyperbolic.__all__
__all__ += exponentials.__all__
__all__ += normal.__all__
__all__ += algebraic.__all__

activations: Mapping[str, Activation] = MappingProxyType(
    {f.name: f for name in __all__ if isinstance(f := globals()[name], Activation)}
)
