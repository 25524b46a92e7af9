"""Forks while something loads or compiles, before the first call."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hazards.scripts import rounds, run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")

# The process forks, at a random moment, while threads make their first calls; the child makes the
# same calls, and more. Every round is a process that has not loaded anything.
FORKING = """
import fastact as fa
x = np.linspace(-3, 3, 7, dtype="f4")
WANTED = {{"relu": np.maximum(x, 0), "hard_tanh": np.clip(x, -1, 1), "identity": x,
          "relu6": np.clip(x, 0, 6), "hard_shrink": np.where(abs(x) > 0.5, x, 0),
          "relu_squared": np.maximum(x, 0) ** 2}}

def check(name):
    value = getattr(fa, name)(x)
    assert np.allclose(value, WANTED[name], rtol=1e-6), (name, value)

def one(number):
    for name in random.Random(number).sample(list(WANTED), 3):
        check(name)

callers = [threading.Thread(target=one, args=(SEED * 10 + k,)) for k in range({threads})]
for caller in callers:
    caller.start()
time.sleep(random.random() * {delay})
def several():
    for name in list(WANTED)[:{calls}]:
        check(name)

for pid in [in_child(several, {limit}) for _ in range(3)]:
    status = ended(pid)
    assert status == 0, status
for caller in callers:
    caller.join()
"""
# Python 3.12 warns of a fork beside other threads, which are the point here.
QUIET = ("-W", "ignore::DeprecationWarning")


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("seed", rounds(10))
def test_fork_while_threads_load(threads: int, seed: int) -> None:
    """With code in the store: what is imported and loaded is the danger."""
    run(
        FORKING.format(threads=threads, delay=0.15, calls=6, limit=60),
        options=QUIET,
        SEED=str(seed),
    )


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("seed", rounds(2))
def test_fork_while_threads_compile(threads: int, seed: int, tmp_path: Path) -> None:
    run(
        FORKING.format(threads=threads, delay=3, calls=2, limit=300),
        options=QUIET, timeout=1000, SEED=str(seed), FASTACT_CACHE_DIR=str(tmp_path),
    )  # fmt: skip


def test_fork_right_after_the_first_call() -> None:
    """No thread is left that Python 3.12 would warn of."""
    run(
        """
        import fastact as fa
        for name in ("relu", "hard_tanh", "relu6"):
            getattr(fa, name)(1.0)
            pid = os.fork()
            if not pid:
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        """,
        options=("-W", "error"),
    )


def test_handler_that_raises_while_a_fork_waits(tmp_path: Path) -> None:
    """Python drops what is raised in a hook of a fork: it is raised after the fork."""
    run(
        """
        import fastact as fa
        class Hit(Exception):
            pass
        def handler(*_):
            raise Hit("once")
        signal.signal(signal.SIGALRM, handler)
        caller = threading.Thread(target=lambda: fa.relu(1.0))
        caller.start()
        while "numba" not in sys.modules:  # it compiles, for a second or more
            time.sleep(0.01)
        parent = os.getpid()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            pid = os.fork()
            if os.getpid() != parent:
                os._exit(0)
            time.sleep(0.1)
        except Hit as error:
            assert str(error) == "once"
            if os.getpid() != parent:
                os._exit(0)
        else:
            raise AssertionError("the exception is lost")
        caller.join()
        assert fa.relu(1.0) == 1
        """,
        options=QUIET,
        FASTACT_CACHE_DIR=str(tmp_path),
    )
