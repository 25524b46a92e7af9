"""What developers measure: cases through pytest-benchmark, and the claims."""

from __future__ import annotations
