"""The package under another name, and its modules run a second time."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import fastact
from tests.hazards.scripts import finished, run

USE = """
import importlib, pickle
import fastact as fa

def use():
    import fastact as fa
    for name, (call, wanted) in calls().items():
        right(name, call(), wanted)
    assert pickle.loads(pickle.dumps(fa.sigmoid)) is fa.sigmoid
    assert pickle.loads(pickle.dumps(fa.sigmoid.ufunc)) is fa.sigmoid.ufunc
    with fa.num_threads(1):
        assert fa.relu(2.0) == 2

"""


@pytest.mark.parametrize("installed", [False, True])
def test_vendored(tmp_path: Path, installed: bool) -> None:
    """A copy below another package says what it cannot do, whether or not there is another."""
    place = tmp_path / "mypkg" / "_vendor"
    shutil.copytree(Path(fastact.__file__).parent, place / "fastact")
    for package in (place, place.parent):
        (package / "__init__.py").touch()
    others = "" if installed else "sys.path = [p for p in sys.path if not has_fastact(p)]"
    run(
        f"""
        def has_fastact(place):
            return os.path.exists(os.path.join(place, "fastact"))
        {others}
        sys.meta_path = [f for f in sys.meta_path if "editable" not in repr(f)]
        sys.path.insert(0, {str(tmp_path)!r})
        try:
            import mypkg._vendor.fastact
        except ImportError as error:
            for part in ("mypkg._vendor.fastact", "'fastact'", {str(place)!r}):
                assert part in str(error), error
        else:
            raise AssertionError
        # What the message says works.
        sys.path.insert(0, {str(place)!r})
        import fastact
        assert fastact.__file__.startswith({str(place)!r})
        """
    )


def test_package_reloaded_and_imported_again() -> None:
    run(
        USE
        + """
use()
sigmoid = fa.sigmoid
assert importlib.reload(fa) is fa and fa.sigmoid is sigmoid
use()
for name in [name for name in sys.modules if name.partition(".")[0] == "fastact"]:
    del sys.modules[name]
use()
assert fa.sigmoid is sigmoid and np.allclose(sigmoid(X), 1 / (1 + np.exp(-X)))
"""
    )


def test_modules_reloaded() -> None:
    """Each either works afterwards or says that it cannot be reloaded, and nothing has changed."""
    run(
        USE
        + """
use()
refused = []
for name in sorted(name for name in sys.modules if name.startswith("fastact.")):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            importlib.reload(sys.modules[name])
        except ImportError as error:
            assert name in str(error) and "reload" in str(error), error
        use()
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, name
"""
    )


def test_in_a_sub_interpreter() -> None:
    """It waited for ever."""
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    # Those that share the lock of the first: the others cannot even import ctypes.
    kind = "'legacy'" if sys.version_info >= (3, 13) else "isolated=False"
    script = "try:\n import fastact\nexcept ImportError as error:\n print(error)"
    done = finished(
        f"""
        import {name} as interpreters
        made = interpreters.create({kind})
        interpreters.run_string(made, {script!r})
        """,
        options=("-W", "ignore"),
    )
    assert "does not run in a sub-interpreter" in done.stdout, done.stderr
