"""How fast fastact is, and beside what: `python -m bench` measures and writes a report."""

from __future__ import annotations
