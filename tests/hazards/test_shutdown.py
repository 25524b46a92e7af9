"""First calls while the interpreter shuts down: a result, or an error that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hazards.scripts import finished, run

KINDS = ["sigmoid", "relu", "softmax", "logsumexp", "sigmoid.derivative", "identity", "geglu",
         "nll"]  # fmt: skip
ARGUMENTS = {"nll": "np.zeros((1, 2)), [0]", "geglu": "np.ones(4)"}
CALL = """
import fastact as fa
import gc
gc.disable()
f = fa.{name}
def call(f=f, fa=fa, np=np, out=sys.stdout, arguments=({arguments},)):
    try:
        value = f(*arguments)
    except RuntimeError as error:
        out.write("RuntimeError: " + str(error))
    else:
        out.write(f"value")
    out.flush()
class Late:
    def __init__(self): self.call = call
    def __del__(self): self.call()
"""
ENDS = {
    "destructor": "late = Late()",
    "cycle": "late = Late(); late.me = late; del late",
    "atexit": "import atexit; atexit.register(call)",
    "module": "import types; sys.modules['m'] = m = types.ModuleType('m'); m.late = Late(); del m",
}


@pytest.fixture(scope="module", autouse=True)
def _in_the_store() -> None:
    calls = (f"fa.{name}({ARGUMENTS.get(name, 'np.ones(3)')})" for name in KINDS)
    run("import fastact as fa\n" + "\n".join(calls), timeout=900)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", KINDS)
def test_first_call_at_the_end(name: str, end: str) -> None:
    arguments = ARGUMENTS.get(name, "np.ones(3)")
    script = CALL.format(name=name, arguments=arguments) + ENDS[end]
    said = run(script)
    assert said == "value" or (said.startswith("RuntimeError: ") and "shutting down" in said)
    if end == "atexit":
        assert said == "value"


# Destructors that run when Python has set every name of the modules to None.
LAST = """
import ctypes
import fastact as fa
f, arguments = fa.{name}, ({arguments},)
f(*arguments)
{between}
def late(f=f, arguments=arguments, write=sys.stdout.write, flush=sys.stdout.flush):
    class Late:
        def __del__(self, Exception=Exception):
            try:
                f(*arguments)
            except Exception:
                pass  # functions of Python's find None where a name was; a crash is no exception
            write("called")
            flush()
    return Late()
sys.late = late()
for name, module in list(sys.modules.items()):
    if name.startswith("fastact"):  # a C library may keep modules for ever
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(module))
"""
PLAIN = {name: ARGUMENTS.get(name, "np.ones(3)") for name in KINDS} | {
    "nll": "np.zeros((1, 2)), np.zeros(1, dtype=np.int64)",
    "leaky_relu": "np.ones(3), 0.2",
    "squared_error": "np.ones(3), X[:3]",
    "tanh.ufunc": "np.ones(3)",
}


@pytest.mark.parametrize("limited", [False, True], ids=["", "threads were limited"])
@pytest.mark.parametrize("name", PLAIN)
def test_calls_when_modules_are_gone(name: str, limited: bool) -> None:
    """A result or an error, but no crash: what native code points to is there."""
    between = "with fa.num_threads(1): f(*arguments)" if limited else ""
    script = LAST.format(name=name, arguments=PLAIN[name], between=between)
    assert run(script, PYTHONMALLOC="debug") == "called"  # which overwrites what is freed


def test_exit_while_a_thread_compiles(tmp_path: Path) -> None:
    """Ctrl-C in a first call, and the process ends: LLVM is not taken down under a thread."""
    done = finished(
        """
        import fastact as fa
        def handler(*_):
            raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        started = time.monotonic()
        try:
            fa.softmax(X)
        except KeyboardInterrupt:
            assert time.monotonic() - started < 3
            sys.exit(7)
        """,
        FASTACT_CACHE_DIR=str(tmp_path),
    )
    assert (done.returncode, done.stderr) == (7, "")


def test_exit_while_a_thread_is_in_a_callback() -> None:
    """Python drops what is raised in a callback: the thread is told again, and nothing is said."""
    done = finished(
        """
        import weakref
        from fastact.native import loading
        class Thing:
            pass
        def wait(*_):
            while True:
                time.sleep(0.001)
        def work():
            thing = Thing()
            reference = weakref.ref(thing, wait)
            del thing
            wait()
        def handler(*_):
            raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            loading.loaded(work)
        except KeyboardInterrupt:
            sys.exit(7)
        """
    )
    assert (done.returncode, done.stderr) == (7, "")
