"""What is dropped is given back: activations of one's own and of the algebra."""

from __future__ import annotations

import sys

import pytest

from tests.hazards.scripts import rounds, run

GROWTH = """
import fastact as fa

def closure(a):
    @fa.activation
    def f(x):
        return x * a
    return f

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4

def maps():
    return sum(1 for _ in open("/proc/self/maps"))

def make(k):
    {make}

for k in range(20):
    make(k)
gc.collect()
before = resident(), maps()
for k in range({count}):
    make(k + 20)
gc.collect()
grown = resident() - before[0], maps() - before[1]
assert grown[0] < 2000 + {count} and grown[1] < 20, grown
"""
MADE = {
    "equal closures": "assert closure(2.5)(2.0) == 5",
    "their derivatives": "closure(1.5).with_params()(2.0)",
    "equal expressions": "assert (fa.identity * fa.relu)(2.0) == 4",
    "expressions": "fa.identity * float(k) + fa.relu",
    "their ufuncs": "(fa.identity * (k + 0.5) + fa.relu).ufunc",
    "losses of them": "fa.squared_error(X, X, activation=closure(3.5))",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured in /proc")
@pytest.mark.parametrize("kind", MADE)
def test_dropped_activations(kind: str) -> None:
    run(GROWTH.format(make=MADE[kind], count=len(rounds(500))), timeout=300)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit of Linux")
def test_error_long_before_the_limit_of_maps() -> None:
    """The share is set low, so that the limit is near; what is loaded goes on."""
    run(
        """
        import fastact as fa
        from fastact.native import machine_code
        assert fa.relu(2.0) == 2
        machine_code.EVERY, machine_code.SHARE = 1, 1e-6
        try:
            fa.sigmoid(2.0)
        except RuntimeError as error:
            assert "memory maps" in str(error)
        else:
            raise AssertionError
        assert fa.relu(2.0) == 2
        machine_code.SHARE = 0.75
        assert fa.sigmoid(0.0) == 0.5
        """
    )
