"""What `fastact bench` measures, with what, and the reports that it writes.

This is in the package so that whoever has fastact can measure it on their own machine. The folder
`bench/` of the repository has what only developers need: the same cases through pytest-benchmark,
and the scripts that judge claims.
"""

from __future__ import annotations
