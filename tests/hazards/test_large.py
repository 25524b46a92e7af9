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


@pytest.mark.parametrize(
    ("dtype", "n"),
    [
        pytest.param("float32", "2**29 + 9", marks=pytest.mark.slow),
        pytest.param("float32", "N", marks=pytest.mark.bigmem),
        pytest.param("float64", "N", marks=pytest.mark.bigmem),
    ],
)
def test_one_row(dtype: str, n: str) -> None:
    """Along an axis and of a loss, of one number over and over: no accumulator is ever full."""
    run(
        SIZE
        + f"""
import fastact as fa
n = {n}
row = np.broadcast_to(np.{dtype}(0.5), (1, n))
near = 2 * np.spacing(np.{dtype}(np.log(n)))
assert abs(fa.logsumexp(row, axis=1)[0] - (0.5 + np.log(n))) <= near
assert abs(fa.logsumexp(row.T, axis=0)[0] - (0.5 + np.log(n))) <= near
assert abs(fa.softmax_cross_entropy(row, [n - 1]) - np.log(n)) <= near
""",
        timeout=1800,
    )
