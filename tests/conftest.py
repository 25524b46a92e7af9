"""Axes of parametrisation, taken from the catalogue, and Hypothesis profiles.

A test that has an argument ``f`` runs for every elementwise activation, ``function`` for each of
their functions that has a ufunc, ``partial`` for those that are derivatives by a parameter,
``dtype`` for each float format, ``variety`` for value, derivative and second derivative.
`FASTACT_TEST_PROFILE` chooses how much is drawn and how large samples are:
``dev`` (little), ``ci`` (more, and the same every time), ``long`` (hours), or ``brief``: one
activation in five, and of what is along an axis float32 alone, for other versions of Python and
NumPy, which do not decide what formulas give.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import fastact as fa
from tests.support.checks import VARIETIES
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
DEFAULT = "ci" if os.environ.get("CI") else "dev"
PROFILE = os.environ.get("FASTACT_TEST_PROFILE", DEFAULT)
settings.load_profile(PROFILE)
ACTIVATIONS = list(fa.activations.values())[:: 5 if PROFILE == "brief" else 1]

PEAKS = pytest.StashKey[dict[str, int]]()
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Together what is about one function; what needs a large machine only where it is asked for.

    A process of pytest-xdist then compiles each loop and computes each true value that it needs
    alone: ``pytest -n auto --dist loadgroup``.
    """
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            for value in getattr(getattr(item, "callspec", None), "params", {}).values():
                if isinstance(owner := getattr(value, "_owner", value), fa.Activation):
                    item.add_marker(pytest.mark.xdist_group(owner.name))
    left_out = set(filter(superfluous, items))
    if "bigmem" not in config.option.markexpr:
        left_out |= {item for item in items if item.get_closest_marker("bigmem")}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def peak() -> int:
    """The most memory that this process has had, in MB; 0 where no system tells."""
    status = STATUS.read_text(encoding="ascii") if STATUS.exists() else "VmHWM: 0"
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):  # this is a worker of pytest-xdist
        session.config.workeroutput["peak"] = peak()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker tells; one that crashed tells nothing."""
    if told := getattr(node, "workeroutput", None):
        node.config.stash.setdefault(PEAKS, {})[node.gateway.id] = told["peak"]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how much memory each worker took: Numba unloads no machine code."""
    peaks = config.stash.get(PEAKS, {"this process": peak()})
    told = ", ".join(f"{name} {size} MB" for name, size in sorted(peaks.items()))
    terminalreporter.write_line(f"largest resident memory: {told}")


def superfluous(item: pytest.Item) -> bool:
    """Whether the brief profile can do without a test: another dtype of what is no activation."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    owners = (getattr(value, "_owner", value) for value in params.values())
    about_activation = any(isinstance(owner, fa.Activation) for owner in owners)
    return (
        PROFILE == "brief" and params.get("dtype", "float32") != "float32" and not about_activation
    )


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
