"""Settings that make no sense: a warning that names the variable, and the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hazards.scripts import finished, run, smoke

CALL = """
import warnings, fastact as fa
with warnings.catch_warnings(record=True) as found:
    warnings.simplefilter("always")
    assert fa.relu(np.float32([-1, 2])).tolist() == [0, 2]
print([str(w.message) for w in found])
"""
PROCESSORS = {
    "NUMBA_CPU_NAME": ["nonsense", "x86-64-v99", "9" * 5000, "é"],
    "NUMBA_CPU_FEATURES": ["nonsense", "+nonsense", "+", ",,+nonsense,"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(k, v) for k, values in PROCESSORS.items() for v in values]
)
@pytest.mark.parametrize("warm", [False, True])
def test_processor_that_llvm_does_not_know(
    name: str, value: str, warm: bool, tmp_path: Path
) -> None:
    for _ in range(1 + warm):
        said = run(CALL, FASTACT_CACHE_DIR=str(tmp_path), **{name: value})
    assert f"fastact ignores {name}" in said


@pytest.mark.parametrize("value", ["", "host"])
@pytest.mark.parametrize("warm", [False, True])
def test_processor_at_hand(value: str, warm: bool, tmp_path: Path) -> None:
    for _ in range(1 + warm):
        assert run(CALL, NUMBA_CPU_NAME=value, FASTACT_CACHE_DIR=str(tmp_path)) == "[]\n"


@pytest.mark.parametrize("value", ["9" * 5000, "abc", "-1", "0", "1.5", "²", "0x2", "1e3"])
@pytest.mark.parametrize("name", ["FASTACT_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"])
def test_number_of_threads(name: str, value: str) -> None:
    said = run(CALL, **{name: value})
    assert f"fastact ignores {name}" in said
    assert len(said) < 200


@pytest.mark.parametrize("value", ["-1", "0", "abc"])
def test_number_of_threads_while_all_is_compiled(value: str, tmp_path: Path) -> None:
    """Numba reads the variable too, when it is imported."""
    script = CALL.replace("fa.relu(", "fa.activation(lambda x: max(x, 0.0))(")
    said = run(script, NUMBA_NUM_THREADS=value, FASTACT_CACHE_DIR=str(tmp_path))
    assert "fastact ignores NUMBA_NUM_THREADS" in said


@pytest.mark.parametrize("value", ["", " 2 ", "2,3", "00002"])
def test_number_of_threads_that_is_one(value: str) -> None:
    assert run(CALL, FASTACT_NUM_THREADS=value) == "[]\n"


def test_warnings_that_are_errors() -> None:
    """The first call raises; the second works."""
    run(
        """
        import fastact as fa
        try:
            fa.relu(1.0)
        except UserWarning as error:
            assert "FASTACT_NUM_THREADS" in str(error)
        else:
            raise AssertionError
        assert fa.relu(1.0) == 1
        """,
        options=("-W", "error"),
        FASTACT_NUM_THREADS="abc",
    )


PLACES = ["/dev/null", "/proc/nowhere", "relative/../place", "x" * 5000, "/", "\\udcff"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["FASTACT_CACHE_DIR", "XDG_CACHE_HOME"])
def test_place_of_the_store(name: str, place: str, tmp_path: Path) -> None:
    """A store that cannot be made is none."""
    script = f"os.environ[{name!r}] = {place!r}\n"
    if name != "FASTACT_CACHE_DIR":
        script = "os.environ.pop('FASTACT_CACHE_DIR', None)\n" + script
    done = finished(f"os.chdir({str(tmp_path)!r})\n{script}{CALL}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["FASTACT_CACHE_DIR", "XDG_CACHE_HOME"])
def test_the_store_is_at_home(name: str, tmp_path: Path) -> None:
    """No shell has made a path of what a service or an image sets."""
    script = """
    from fastact.native import store
    assert str(store.configured()).startswith(os.environ["HOME"] + os.sep + "place")
    os.environ["HOME"] = ""
    """
    settings = {"FASTACT_CACHE_DIR": "", name: "~/place", "HOME": str(tmp_path)}
    run(script, **settings)


@pytest.mark.slow
def test_smoke_while_numba_jit_is_disabled(tmp_path: Path) -> None:
    """On an empty store, so that everything is compiled, and again from there."""
    place = str(tmp_path)
    for _ in range(2):
        smoke(NUMBA_DISABLE_JIT="1", FASTACT_CACHE_DIR=place, timeout=400)


@pytest.mark.slow
def test_numba_jit_disabled(tmp_path: Path) -> None:
    """The setting is about the user's functions: those of this package compile all the same."""
    run(
        """
        import math, numba, fastact as fa
        @fa.activation
        def own(x):
            return math.sin(x) * x
        @numba.njit
        def users(x):
            return x
        assert (fa.relu(X) == np.maximum(X, 0)).all()
        right("own", own(X), np.sin(X) * X)
        assert not hasattr(users, "py_func")
        assert numba.config.DISABLE_JIT
        """,
        NUMBA_DISABLE_JIT="1",
        FASTACT_CACHE_DIR=str(tmp_path),
        timeout=400,
    )
