"""Losses, fused with their gradient."""

from __future__ import annotations

from fastact.losses import cross_entropy, elementwise, squared
from fastact.losses.cross_entropy import *
from fastact.losses.elementwise import *
from fastact.losses.squared import *

__all__ = []
__all__ += cross_entropy.__all__
__all__ += elementwise.__all__
__all__ += squared.__all__
