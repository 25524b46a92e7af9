"""Scripts in processes of their own, for what would otherwise end or hang the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import fastact

ROOT = Path(fastact.__file__).resolve().parents[1]  # of the package that is tested
ROUNDS = float(os.environ.get("FASTACT_HAZARD_ROUNDS", "1"))  # times the rounds of the short form

# In scripts that fork.
CHILDREN = """
def in_child(body, seconds=10):
    '''Call it in a child, which ends if it hangs so long; 0: it is waited for without an end.'''
    pid = os.fork()
    if not pid:
        signal.alarm(seconds)
        try:
            body()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid

def ended(pid):
    '''Wait for a child, and return the status that it ended with.'''
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""
PRELUDE = (
    """
import gc, itertools, os, random, signal, sys, threading, time
import numpy as np

SEED = int(os.environ.get("SEED", "0"))
random.seed(SEED)
X = np.linspace(-3, 3, 7)

def calls():
    '''Calls of every kind of function, each with its right value, worked out with NumPy.'''
    import fastact as fa
    e = np.exp(X)
    s = e / (1 + e)
    p = e / e.sum()
    return {
        "elementwise": (lambda: fa.sigmoid(X), s),
        "its ufunc": (lambda: fa.tanh.ufunc(X), np.tanh(X)),
        "other bytes": (lambda: fa.silu(X.astype(">f8")), X * s),
        "out and where": (lambda: fa.relu(X, out=X * 0, where=X > 0), np.maximum(X, 0)),
        "parameters": (lambda: fa.hard_tanh(X), np.clip(X, -1, 1)),
        "backward": (lambda: fa.sigmoid.backward(X, x=X), X * s * (1 - s)),
        "outer": (lambda: fa.leaky_relu.ufunc.outer(X, X),
                  np.where(X > 0, X, 0)[:, None] + np.minimum(X, 0)[:, None] * X),
        "along an axis": (lambda: fa.softmax(X), p),
        "several axes": (lambda: fa.logsumexp(X.reshape(7, 1), axis=(0, 1)), np.log(e.sum())),
        "a loss": (lambda: fa.softmax_cross_entropy(X[None], [2]), -np.log(p[2])),
        "an elementwise loss": (lambda: fa.sigmoid_cross_entropy(X, X * 0),
                                np.log1p(e).mean()),
        "a gated pair": (lambda: fa.reglu.split(X, X + 1), np.maximum(X, 0) * (X + 1)),
        "algebra": (lambda: (fa.identity * fa.relu)(X), X * np.maximum(X, 0)),
    }

def right(name, value, wanted):
    assert np.allclose(value, wanted, rtol=1e-12, atol=1e-12), (name, value, wanted)
"""
    + CHILDREN
)


def run(script: str, **settings: Any) -> str:
    """Run a script after the prelude. It must end with status 0 and say nothing on stderr."""
    done = finished(script, **settings)
    assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stderr)
    return done.stdout


def finished(
    script: str,
    *,
    options: tuple[str, ...] = (),
    timeout: float = 120,
    below: tuple[str, ...] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """What has become of a script, whose process a command `below` may start."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [*below, sys.executable, *options, "-c", PRELUDE + textwrap.dedent(script)],
        env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def smoke(*options: str, before: str = "", **settings: Any) -> str:
    """`pytest -m smoke` in a process of its own, which runs a line before."""
    tests = Path(__file__).parents[1] / "engine" / "test_smoke.py"
    words = ["-q", "-m", "smoke", "-p", "no:cacheprovider", *options, str(tests)]
    script = f"import pytest\n{before}\nsys.exit(pytest.main({words}))"
    done = finished(script, PYTEST_ADDOPTS="", **settings)
    assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stdout, done.stderr)
    return done.stdout


def rounds(count: int) -> range:
    """That many rounds, or as many times more as FASTACT_HAZARD_ROUNDS says."""
    return range(max(1, round(count * ROUNDS)))
