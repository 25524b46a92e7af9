"""First calls that are interrupted: the exception reaches the caller, and the next call works.

A first call finds, loads or compiles code, below a NumPy ufunc.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hazards.scripts import finished, rounds, run

# A handler raises while a call is under way, at random times. What a call returns is right.
INTERRUPTED = """
class Hit(Exception):
    pass

def handler(*_):
    raise Hit

import fastact as fa
signal.signal(signal.SIGALRM, handler)
todo = list(calls().items())
random.shuffle(todo)
hits = 0
for name, (call, wanted) in todo:
    for _ in range(4):
        value = None
        try:
            try:
                delay = random.choice(DELAYS) * random.random() + 1e-6
                signal.setitimer(signal.ITIMER_REAL, delay, EVERY)
                value = call()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Hit:
            hits += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            right(name, value, wanted)
    for _ in range(50):  # one more may be on its way
        pass
    right(name, call(), wanted)
assert hits
print(hits)
"""


@pytest.mark.parametrize("seed", rounds(4))
@pytest.mark.parametrize("every", [0, 1e-3])
def test_handler_that_raises(seed: int, every: float) -> None:
    script = f"DELAYS, EVERY = [1e-4, 1e-3, 1e-2, 5e-2, 0.3], {every}\n" + INTERRUPTED
    run(script, SEED=str(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", rounds(1))
def test_handler_that_raises_while_compiling(seed: int, tmp_path: Path) -> None:
    script = "DELAYS, EVERY = [1e-3, 1e-1, 1, 3], 0\n" + INTERRUPTED
    run(script, timeout=400, SEED=str(seed), FASTACT_CACHE_DIR=str(tmp_path))


CLASSES = ["KeyboardInterrupt", "MemoryError", "RecursionError", "SystemExit", "OSError",
           "StopIteration", "GeneratorExit", "ImportError"]  # fmt: skip
# Whatever reads or compiles code fails, and then it does not.
FAILING = """
import fastact as fa
from fastact.native.loop_registry import LoopSpec
kind, code, fail = {kind}, LoopSpec.code, []

def failing(spec):
    if fail:
        raise kind("on purpose")
    return code(spec)

LoopSpec.code = failing
for name, (call, wanted) in calls().items():
    fail.append(True)
    for _ in range(3):
        try:
            call()
        except kind as error:
            assert str(error) == "on purpose"
        else:
            raise AssertionError(name + " returned")
    fail.clear()
    right(name, call(), wanted)
"""


@pytest.mark.parametrize("kind", CLASSES)
def test_error_out_of_loading(kind: str) -> None:
    run(FAILING.format(kind=kind))


def test_recursion_limit() -> None:
    """At every depth at which a first call can be made."""
    run(
        """
        import fastact as fa
        def at(depth, call):
            return call() if not depth else at(depth - 1, call)
        def deepest():
            n = 1
            try:
                while True:
                    at(n, int)
                    n += 1
            except RecursionError:
                return n - 1
        for name, (call, wanted) in calls().items():
            bottom, raised = deepest(), 0
            for room in range(120):
                try:
                    value = at(bottom - room, call)
                except RecursionError:
                    raised += 1
                else:
                    right(name, value, wanted)
                    break
            assert raised, name
            right(name, call(), wanted)
        """
    )


def test_handler_that_calls() -> None:
    """A signal handler, and a destructor, whose first call comes in the middle of another."""
    run(
        """
        import fastact as fa
        todo = calls()
        called = []
        def handler(*_):
            for name, (call, wanted) in todo.items():
                right(name, call(), wanted)
            called.append(True)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        for name, (call, wanted) in reversed(todo.items()):
            right(name, call(), wanted)
        while not called:
            time.sleep(0.01)
        """
    )


# What a handler raises in the callback of a weak reference, or in `__del__`, Python drops.
DROPPED = """
import fastact as fa
made = {make}
assert made(2.0) == 6
called = []
gc.collect()
gc.disable()
sys.setprofile(lambda frame, event, _: event != "call" or called.append(frame.f_code.co_name))
del made
sys.setprofile(None)
assert not called, called
"""


@pytest.mark.parametrize("make", ["fa.identity * (fa.relu + 1.0)", "(fa.relu + 4).ufunc"])
def test_what_is_dropped_runs_no_python(make: str) -> None:
    """So no handler runs there."""
    run(DROPPED.format(make=make))


def test_threads_that_do_not_start() -> None:
    """The caller loads by itself where there can be no thread."""
    run(
        """
        import resource, fastact as fa
        from fastact.native import loading
        def refuse(*_):
            raise RuntimeError("can't start new thread")
        loading._start_thread = refuse
        for name, (call, wanted) in calls().items():
            right(name, call(), wanted)
        """
    )


def test_exit_while_several_wait_to_load() -> None:
    """Calls that were interrupted have left threads behind, which wait for one another."""
    run(
        """
        from fastact.native import loading
        class Hit(Exception):
            pass
        def handler(*_):
            raise Hit
        def slow():
            for _ in range(10**6):
                time.sleep(0.001)
        signal.signal(signal.SIGALRM, handler)
        for _ in range(4):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                loading.loaded(slow)
            except Hit:
                pass
        """,
        timeout=60,
    )


LONG_CALLS = """
import fastact as fa
from fastact.native import loop_registry
loop_registry.LONG = 0.0
assert fa.relu(2.0) == 2 and fa.relu6(9.0) == 6
"""


def test_a_first_call_that_takes_long_says_so_once(tmp_path):
    """On standard error, in one line, unless it is told not to; a warm start has nothing to say."""
    quiet, loud, warm = (
        finished(LONG_CALLS, FASTACT_CACHE_DIR=str(tmp_path / place), FASTACT_QUIET=quiet)
        for place, quiet in (("quiet", "1"), ("loud", ""), ("loud", ""))
    )
    assert [done.returncode for done in (quiet, loud, warm)] == [0, 0, 0]
    assert (quiet.stderr, warm.stderr, loud.stdout) == ("", "", "")
    (line,) = loud.stderr.splitlines()
    assert line.startswith("fastact compiled ")
    assert "which is kept for later starts" in line
