"""Axes of parametrisation, taken from the catalogue, and Hypothesis profiles.

A test that has an argument ``f`` runs for every elementwise activation, ``function`` for each of
their functions that has a ufunc, ``partial`` for those that are derivatives by a parameter,
``dtype`` for each float format, ``variety`` for value, derivative and second derivative.
`FASTACT_TEST_PROFILE` chooses how much is drawn and how large samples are: see
`tests/support/profile.py`. `FASTACT_TEST_WORKER_MB` is how much memory a worker may take.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings
from llvmlite.binding import ffi, newpassmanagers

import fastact as fa
from tests.support.checks import VARIETIES
from tests.support.profile import BRIEF, PROFILE, part
from tests.support.strategies import DTYPES, LAYOUTS

PACKAGE = Path(fa.__file__).parent
os.environ["FASTACT_QUIET"] = "1"  # tests that expect nothing on stderr may have to compile first
# Last, for `tools`: what is tested is the installed package.
sys.path.append(str(Path(__file__).parents[1]))
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("dev", max_examples=10, **COMMON)
settings.register_profile("ci", max_examples=25, derandomize=True, **COMMON)
settings.register_profile("brief", max_examples=10, derandomize=True, **COMMON)
settings.register_profile("long", max_examples=500, **COMMON)
settings.load_profile(PROFILE)
ACTIVATIONS = part(fa.activations.values(), 5)

PEAKS = pytest.StashKey[dict[str, int]]()
# MB that a worker may take; without a word any: beside torch and JAX it is theirs.
LARGEST = float(os.environ.get("FASTACT_TEST_WORKER_MB", "inf"))
STATUS = Path("/proc/self/status")  # of Linux

AXES = {
    "f": ACTIVATIONS,
    "function": [g for f in ACTIVATIONS for g in f._functions()],
    "partial": [g for f in ACTIVATIONS for g in f._partials.values()],
    "dtype": DTYPES,
    "variety": VARIETIES,
    "layout": tuple(LAYOUTS),
}


def pytest_configure(config: pytest.Config) -> None:
    """Quiet what is not about this package; let Ctrl-C reach what tests start."""
    # Reporting a failure, Hypothesis looks at every name of every module, deprecated ones too.
    for message in ("mypy_extensions", "the .* module is deprecated"):
        config.addinivalue_line("filterwarnings", f"ignore:{message}:DeprecationWarning")
    # A shell's background job ignores Ctrl-C, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for managers in (newpassmanagers.ModulePassManager, newpassmanagers.FunctionPassManager):
        free_what_is_dropped(managers)


def free_what_is_dropped(managers: type) -> None:
    """Have llvmlite free LLVM's pass managers: of 1.1 MB of heap that a function costs, 0.9 MB.

    Numba makes one for each function of each module that it optimises, at 16 KB and more.
    Of the two base classes of a pass manager the first has a method that frees nothing, and hides
    the one of the second that would (llvmlite 0.50).
    """
    if managers._dispose is ffi.ObjectRef._dispose:
        managers._dispose = newpassmanagers.NewPassManager._dispose


def pytest_runtest_teardown() -> None:
    """Have Numba's engine give back the code that LLVM has compiled; the machine code stays.

    The engine would keep it for ever: half of what a function leaves behind once nobody has it.
    """
    if registry := sys.modules.get("numba.core.registry"):
        engine = registry.cpu_target.target_context._internal_codegen._engine._ee
        for module in list(engine._modules):
            engine.remove_module(module)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Together what is about one function; what needs a large machine only where it is asked for.

    A process of pytest-xdist then compiles each loop and computes each true value that it needs
    alone: ``pytest -n auto --dist loadgroup``. What is slow comes first of what is in no group, so
    that no process has it last, while the others are done.
    """
    if config.pluginmanager.hasplugin("xdist"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)
        for item in items:
            if f := subject(item)[0]:
                item.add_marker(pytest.mark.xdist_group(f.name))
    left_out = superfluous(items) if BRIEF else set()
    if "bigmem" not in config.option.markexpr:
        left_out |= {item for item in items if item.get_closest_marker("bigmem")}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def peak() -> int:
    """The most memory that this process has had, in MB; 0 where no system tells."""
    status = STATUS.read_text(encoding="ascii") if STATUS.exists() else "VmHWM: 0"
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that prints the summary, and fail there if a worker took too much."""
    if hasattr(session.config, "workeroutput"):  # this is a worker of pytest-xdist
        session.config.workeroutput["peak"] = peak()
    elif max(session.config.stash.get(PEAKS, {}).values(), default=0) > LARGEST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker tells; one that crashed tells nothing."""
    if told := getattr(node, "workeroutput", None):
        node.config.stash.setdefault(PEAKS, {})[node.gateway.id] = told["peak"]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how much memory each worker took: Numba unloads no machine code."""
    peaks = config.stash.get(PEAKS, {"this process": peak()})
    told = ", ".join(f"{name} {size} MB" for name, size in sorted(peaks.items()))
    terminalreporter.write_line(f"largest resident memory: {told}; allowed {LARGEST:.0f} MB")


def superfluous(items: list[pytest.Item]) -> set[pytest.Item]:
    """What the brief profile does without: two of three cases of each test."""
    tests = defaultdict(list)
    for item in items:
        tests[item.nodeid.partition("[")[0]].append(item)
    kept = itertools.chain.from_iterable(of_this_python(*test) for test in tests.items())
    return set(items).difference(kept)


def of_this_python(name: str, cases: list[pytest.Item]) -> list[pytest.Item]:
    """The cases that are not left to other Pythons.

    An activation is tested in one dtype, and everything else in one dtype too, so that a third of
    the loops is compiled. A test of few cases has them on every Python, unless it is slow.
    """
    if chosen := [case for case in cases if is_chosen(*subject(case))]:
        cases = [case for case in cases if subject(case) == (None, None)]
    if len(cases) < 3 and not any(case.get_closest_marker("slow") for case in cases):
        return chosen + cases
    mixed = sorted(cases, key=lambda case: crc32(case.nodeid.encode()))
    return chosen + part(mixed, 3, crc32(name.encode()))


def is_chosen(f: fa.Activation | None, dtype: str | None) -> bool:
    """Whether it is the turn of an activation, if there is one, and of a dtype, if there is one."""
    if f is not None and fa.activations.get(f.name) is f and f not in ACTIVATIONS:
        return False
    at = ACTIVATIONS.index(f) if f in ACTIVATIONS else 0
    return (f is not None and dtype is None) or dtype in part(DTYPES, 3, at)


def subject(item: pytest.Item) -> tuple[fa.Activation | None, str | None]:
    """The activation and the dtype that a test is about."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    owners = (getattr(value, "_owner", value) for value in params.values())
    f = next((owner for owner in owners if isinstance(owner, fa.Activation)), None)
    return f, params["dtype"] if params.get("dtype") in DTYPES else None


def name_of(value: object) -> str:
    return getattr(value, "name", str(value))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    own = str([mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")])
    for name, values in AXES.items():
        if name in metafunc.fixturenames and f"'{name}'" not in own:
            metafunc.parametrize(name, values, ids=name_of)


@pytest.fixture
def python(tmp_path):
    """Run code in a fresh interpreter; the variables given are added to the environment."""

    def run(code: str, **env: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | env,
            cwd=tmp_path,
            timeout=300,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run
