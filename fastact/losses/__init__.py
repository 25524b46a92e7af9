"""Losses, fused with their gradient."""

from __future__ import annotations

from fastact.losses.cross_entropy import nll, softmax_cross_entropy
from fastact.losses.elementwise import focal, kl_divergence, sigmoid_cross_entropy
from fastact.losses.squared import squared_error

__all__ = [
    "focal", "kl_divergence", "nll", "sigmoid_cross_entropy", "softmax_cross_entropy",
    "squared_error",
]  # fmt: skip
