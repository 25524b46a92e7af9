"""The elementwise activations: one block each, from which everything else follows.

A block is a comment with the formula, the scalar kernels, and one declaration. Kernels are written
as mathematics; `engine.primitives` says in what precision they are evaluated. Modules are families
of formulas; their order, and that of the blocks in them, is that of the documentation.
"""

from __future__ import annotations

# ruff: isort: off
from fastact.activations.piecewise import *
from fastact.activations.logistic import *
from fastact.activations.hyperbolic import *
from fastact.activations.exponential import *
from fastact.activations.normal import *
from fastact.activations.algebraic import *
