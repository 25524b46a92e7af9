"""What users make gets into other processes, by every way that tasks are handed out."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.hazards.scripts import ROOT

# A script, in whose __main__ workers find nothing. Each task has its right value; `sent` gets there
# with its arguments.
SCRIPT = '''
import sys
import numpy as np
import fastact as fa
from numba import njit

SHIFT = 0.5
X = np.linspace(-3, 3, 7)

@njit
def helper(x):
    return x + SHIFT

@fa.activation(derivative=lambda x, a=2.0: bent(x, a) - bent(x, a) + a)
def bent(x, a=2.0):
    """A line."""
    return a * helper(x)

def closure(k):
    return fa.activation(lambda x: k * x, derivative=lambda x: k, name="closure")

def dropped(k):
    return closure(k).ufunc, (fa.identity + k).ufunc

line, (own, sum_) = closure(3.0), dropped(4.0)
product = fa.identity * fa.sigmoid
SHARES = np.exp(X) / np.exp(X).sum()
mixed = fa.tanh(bent) + line
TASKS = [
    (bent, 2 * (X + 0.5)),
    (bent.ufunc, (X + 0.5) * X),
    (bent.derivative, X * 0 + 2),
    (bent.with_params(3.0), 3 * (X + 0.5)),
    (line, 3 * X),
    (own, 4 * X),
    (sum_, X + 4),
    (product, X / (1 + np.exp(-X))),
    (product.ufunc, X / (1 + np.exp(-X))),
    (mixed, np.tanh(2 * X + 1) + 3 * X),
    (mixed.derivative.ufunc, 2 / np.cosh(2 * X + 1) ** 2 + 3),
    (fa.sigmoid.ufunc, 1 / (1 + np.exp(-X))),
    (fa.softmax.jacobian, np.diag(SHARES) - np.outer(SHARES, SHARES)),
]

def sent(f, x=X):
    return f(x, x) if isinstance(f, np.ufunc) and f.nin == 2 else f(x)

def right(values):
    for (f, wanted), value in zip(TASKS, values, strict=True):
        assert np.allclose(value, wanted, rtol=1e-14), (f, value, wanted)
'''
WAYS = {
    "pickle": """
import pickle, subprocess
fs = [f for f, _ in TASKS]
data = pickle.dumps(fs)
assert all(a is b for a, b in zip(pickle.loads(data), fs) if not isinstance(a, np.ufunc))
reader = '''if True:
    import pickle, sys, numpy as np
    fs = pickle.load(sys.stdin.buffer)
    x = np.linspace(-3, 3, 7)
    values = [f(x, x) if isinstance(f, np.ufunc) and f.nin == 2 else f(x) for f in fs]
    assert fs[0].__doc__ == "A line." and [fs[0].__module__, fs[0].name] == ["__main__", "bent"]
    pickle.dump(values, sys.stdout.buffer)
'''
done = subprocess.run([sys.executable, "-c", reader], input=data, stdout=-1, check=True)
right(pickle.loads(done.stdout))
""",
    "cloudpickle": """
import cloudpickle, pickle
data = cloudpickle.dumps([(lambda f=f: sent(f)) for f, _ in TASKS])
right([each() for each in pickle.loads(data)])
""",
    "spawn": """
import multiprocessing
with multiprocessing.get_context("spawn").Pool(1) as pool:
    right([pool.apply(f, (X, X) if isinstance(f, np.ufunc) and f.nin == 2 else (X,))
           for f, _ in TASKS])
""",
    "forkserver": """
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as pool:
    right(list(pool.map(sent, [f for f, _ in TASKS])))
""",
    "loky": """
import joblib
right(joblib.Parallel(2)(joblib.delayed(sent)(f) for f, _ in TASKS))
""",
    "distributed": """
import dask, dask.array as da
from distributed import Client
dask.config.set({"distributed.worker.daemon": False})
with Client(n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
    right(client.gather(client.map(sent, [f for f, _ in TASKS])))
    lazy = da.from_array(X, chunks=3)
    for f in (bent, product, mixed, line):
        assert np.array_equal(f(lazy).compute(), f(X))
""",
}
MODULE_BY_VALUE = """
import cloudpickle, pickle, subprocess, sys
import theirs
cloudpickle.register_pickle_by_value(theirs)
data = pickle.dumps(theirs.bent)
code = "import pickle, sys; print(pickle.load(sys.stdin.buffer)(1.0))"
done = subprocess.run([sys.executable, "-P", "-c", code], input=data, stdout=-1, check=True)
assert done.stdout.split() == [b"3.0"], done.stdout
"""


def ends_well(script: str, place: Path, *options: str) -> None:
    path = place / "script.py"
    path.write_text(script)
    done = subprocess.run(
        [sys.executable, *options, str(path)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=place,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_what_users_make_travels(way: str, tmp_path: Path) -> None:
    lines = textwrap.indent(WAYS[way], "    ")
    ends_well(f"{SCRIPT}\nif __name__ == '__main__':\n{lines}", tmp_path)


def test_a_module_that_workers_do_not_have(tmp_path: Path) -> None:
    text = "import fastact as fa\ndef twice(x):\n    return 2 * x\n"
    text += "bent = fa.activation(lambda x: 2 * x + 1, name='bent')\n"
    (tmp_path / "theirs.py").write_text(text)
    ends_well(MODULE_BY_VALUE, tmp_path)
