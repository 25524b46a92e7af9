"""More elements than 32 bits count."""

from __future__ import annotations

import pytest

from tests.hazards.scripts import run

SIZE = "N = 2**31 + 9\n"


@pytest.mark.bigmem
def test_elements_in_place() -> None:
    """8.6 GB of float32: the ends and a thousand samples."""
    run(
        SIZE
        + """
import fastact as fa
part = np.linspace(-5, 5, 2**20, dtype="f4")
wanted = fa.gelu(part)
x = np.empty(N, "f4")
for start in range(0, N, part.size):
    x[start : start + part.size] = part[: N - start]
assert fa.gelu(x, out=x) is x
places = np.random.default_rng(0).integers(0, N, 1000)
for place in [0, 1, 2**31 - 1, 2**31, N - 2, N - 1, *places]:
    assert x[place] == wanted[place % part.size], place
""",
        timeout=1800,
    )


@pytest.mark.bigmem
def test_one_row() -> None:
    """Along an axis, and of a loss, in float64: float32 adds up fewer (see reliability.md)."""
    run(
        SIZE
        + """
import fastact as fa
row = np.broadcast_to(np.float64(0.5), (1, N))
assert abs(fa.logsumexp(row, axis=1)[0] - (0.5 + np.log(N))) < 1e-13
assert abs(fa.softmax_cross_entropy(row, [N - 1]) - np.log(N)) < 1e-13
""",
        timeout=1800,
    )
