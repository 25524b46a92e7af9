"""The elementwise activations: one block each, from which everything else follows.

A block is a comment with the formula, the scalar kernels, and one declaration. Kernels are written
as mathematics; `numerics.primitives` says in what precision they are evaluated. Modules are
families of formulas; their order, and that of the blocks in them, is that of the documentation.
"""

from __future__ import annotations

# ruff: isort: off
from fastact.elementwise.piecewise import *
from fastact.elementwise.logistic import *
from fastact.elementwise.hyperbolic import *
from fastact.elementwise.exponential import *
from fastact.elementwise.normal import *
from fastact.elementwise.algebraic import *
