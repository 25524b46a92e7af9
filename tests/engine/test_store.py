"""Compiled code on disk: stale, damaged, unwritable, hostile or shared, the results are right.

Each test runs fresh interpreters on a store of its own.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import platform
import random
import shutil
import stat
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest

import fastact as fa
from fastact.native import loop_registry, store
from tests.conftest import ACTIVATIONS, PACKAGE
from tests.support.checks import apply, backward
from tests.support.reference import domain
from tests.support.strategies import defaults, needed

CALLS = """
import sys
import numpy as np
import fastact as fa
x = np.linspace(-9, 9, 101, dtype="f4")
for name in {names!r}:
    print(name, getattr(fa, name)(x).tobytes().hex())
"""
NAMES = [
    f.name
    for f in fa.activations.values()
    if not needed(f) and domain(f, defaults(f, "float32"))[0] < -9
][:6]
NO_NUMBA = "assert 'numba' not in sys.modules, 'numba was imported'\n"


def calls(*names):
    return CALLS.format(names=names or NAMES[1:2])


def contents(place):
    """Everything in the store, by path."""
    return {path: path.read_bytes() for path in sorted(place.iterdir())}


def loops_in(place):
    """The entries of the calls above; the pool of threads may keep its code there too."""
    return sorted(place.glob("*.float32.*"))


def test_a_warm_store_needs_no_numba(python, tmp_path):
    place = tmp_path / "store"
    python("import fastact, sys\n" + NO_NUMBA)
    cold = python(calls(), FASTACT_CACHE_DIR=str(place)).stdout
    warm = python(calls() + NO_NUMBA, FASTACT_CACHE_DIR=str(place)).stdout
    assert cold == warm
    assert len(loops_in(place)) == 1


def test_a_warm_store_serves_objects_whose_modules_were_forgotten(python, tmp_path):
    place = tmp_path / "store"
    forget = "for name in [n for n in sys.modules if 'fastact' in n]: del sys.modules[name]\n"
    cold = python(calls(), FASTACT_CACHE_DIR=str(place)).stdout
    forgotten = calls().replace("x =", f"{forget}x =", 1)
    assert python(forgotten + NO_NUMBA, FASTACT_CACHE_DIR=str(place)).stdout == cold


@pytest.mark.skipif(shutil.which("nm") is None, reason="nm, of binutils, lists undefined symbols")
def test_stored_code_refers_to_nothing_outside(tmp_path, f, dtype):
    """Neither to Python nor to Numba nor to a mathematics library."""
    ones = np.ones(3, dtype)
    apply(f, "forward", ones)
    apply(f, "value_and_derivative", ones)
    backward(f, ones, x=ones)
    for spec in loop_registry.loaded():
        if spec.function == f.name:
            (tmp_path / spec.symbol).write_bytes(spec.code()[0])
    command = ["nm", "--undefined-only", "-P", *tmp_path.iterdir()]
    listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    undefined = {line.split()[0] for line in listed.splitlines() if line.split()[1:] == ["U"]}
    assert undefined <= {"memcpy", "memset", "memmove"}


def test_the_directory_is_private(python, tmp_path):
    place = tmp_path / "a" / "store"
    python(calls(), FASTACT_CACHE_DIR=str(place))
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


# --- stale --------------------------------------------------------------------------------------

AT_ZERO = "import numpy as np, fastact as fa; print(float(fa.sigmoid(np.float64(0))))"
OF_A_ROW = "import numpy as np, fastact as fa; print(fa.hardmax(np.arange(2.0)).tolist())"
CHANGED = """

_logistic = logistic


@kernel
def logistic(x, low):
    return _logistic(x, low) * 0.8
"""


@pytest.mark.slow
def test_an_edited_helper_module_is_seen(python, tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "fastact", ignore=shutil.ignore_patterns("__pycache__"))
    env = {"FASTACT_CACHE_DIR": str(tmp_path / "store"), "PYTHONPATH": str(tmp_path)}
    assert float(python(AT_ZERO, **env).stdout) == 0.5
    module = tmp_path / "fastact" / "numerics" / "double.py"
    original = module.read_text()
    module.write_text(original + CHANGED)
    assert abs(float(python(AT_ZERO, **env).stdout) - 0.4) < 1e-6
    module.write_text(original)
    for idle in ("cli/info.py", "diagnostics/check.py", "dask.py"):
        with (tmp_path / "fastact" / idle).open("a") as file:
            file.write("\n# no code depends on this\n")
    assert float(python(AT_ZERO + "\nimport sys\n" + NO_NUMBA, **env).stdout) == 0.5


@pytest.mark.slow
def test_an_edited_constant_of_a_helper_module_is_seen(python, tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "fastact", ignore=shutil.ignore_patterns("__pycache__"))
    env = {"FASTACT_CACHE_DIR": str(tmp_path / "store"), "PYTHONPATH": str(tmp_path)}
    at_one = "import numpy as np, fastact as fa; print(float(fa.selu(np.float64(1))))"
    assert round(float(python(at_one, **env).stdout), 3) == 1.051
    module = tmp_path / "fastact" / "numerics" / "double_exponentials.py"
    text = module.read_text()
    assert "\nSELU_SCALE = 1.05" in text
    module.write_text(text.replace("\nSELU_SCALE = 1.05", "\nSELU_SCALE = 2.05"))
    assert round(float(python(at_one, **env).stdout), 3) == 2.051


@pytest.mark.slow
def test_an_edited_kernel_of_a_row_is_seen(python, tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "fastact", ignore=shutil.ignore_patterns("__pycache__"))
    env = {"FASTACT_CACHE_DIR": str(tmp_path / "store"), "PYTHONPATH": str(tmp_path)}
    assert python(OF_A_ROW, **env).stdout.strip() == "[0.0, 1.0]"
    module = tmp_path / "fastact" / "rowwise" / "softmax_family.py"
    original = module.read_text()
    module.write_text(original.replace("put_one(row, k, 1.0)", "put_one(row, k, 0.5)"))
    assert python(OF_A_ROW, **env).stdout.strip() == "[0.0, 0.5]"
    module.write_text(original)
    assert python(f"{OF_A_ROW}\nimport sys\n{NO_NUMBA}", **env).stdout.strip() == "[0.0, 1.0]"


def test_what_makes_code_imports_nothing_that_the_entries_do_not_depend_on():
    grimp = pytest.importorskip(
        "grimp", reason="the imports are read with grimp, of the extra `test`"
    )
    graph, package = grimp.build_graph("fastact", cache_dir=None), Path(fa.__file__).parent
    for name in store.IDLE:
        assert list(package.glob(f"{name}py")) or (package / name).is_dir(), name
    idle = {
        module
        for module in graph.modules
        for name in store.IDLE
        if f"{module}.".startswith(f"fastact.{name.strip('./')}.")
    }
    assert len(idle) > 20
    made = {f"fastact.{folder}" for folder in ("numerics", "native", "compiler", "rowkernels")}
    made |= {f"fastact.{folder}" for folder in ("elementwise", "losses", "rowwise", "in_njit")}
    reached = {folder: graph.find_upstream_modules(folder, as_package=True) for folder in made}
    assert not {folder: modules & idle for folder, modules in reached.items() if modules & idle}
    assert len(set().union(*reached.values())) > 20


PRUNE = """
import os, sys, time
from pathlib import Path
from fastact.native import store
place, long_ago = Path(os.environ["FASTACT_CACHE_DIR"]), time.time() - store.UNUSED - 60
used, unused, new = (f"{name}.float64.{32 * '0'}.bin" for name in ("used", "unused", "new"))
killed, foreign = f".unused.float64.{32 * '0'}.bin.{16 * 'f'}", "notes.txt"
assert store.write(used, b"code") and store.write(unused, b"code")
for name in (used, unused, killed, foreign):
    with (place / name).open("ab"):
        os.utime(place / name, (long_ago, long_ago))
if hasattr(os, "mkfifo"):
    os.mkfifo(place / unused.replace("0", "1"))
    os.utime(place / unused.replace("0", "1"), (long_ago, long_ago))
assert store.read(used) == b"code"
store._pruned.clear()  # as in a process that starts now
assert store.write(new, b"code")
left = {path.name for path in place.iterdir() if not path.is_fifo()}
assert left == {used, new, foreign}, left
assert hasattr(os, "mkfifo") == any(path.is_fifo() for path in place.iterdir())
"""


def test_entries_that_nobody_reads_for_90_days_go(python, tmp_path):
    python(PRUNE, FASTACT_CACHE_DIR=str(tmp_path / "store"))


CPUS = ["generic", *(("x86-64", "x86-64-v3") if platform.machine() == "x86_64" else ())]
SETTINGS = [
    {},
    *({"NUMBA_CPU_NAME": name} for name in CPUS),
    {"NUMBA_BOUNDSCHECK": "1"},
    {"NUMBA_OPT": "0"},
    {"NUMBA_OPT": "1"},
    {"NUMBA_SLP_VECTORIZE": "1"},
    {"NUMBA_LOOP_VECTORIZE": "0"},
]
NO_FMA = "x86-64-v3" in CPUS and not llvm.get_host_cpu_features().get("fma")


@pytest.mark.slow
def test_settings_that_decide_the_code_have_entries_of_their_own(python, tmp_path):
    place = tmp_path / "store"
    settings = [each for each in SETTINGS if not (NO_FMA and "x86-64-v3" in each.values())]
    printed = {
        python(calls(), FASTACT_CACHE_DIR=str(place), **setting).stdout for setting in settings
    }
    assert len(printed) == 1
    assert len(loops_in(place)) == len(settings)


EMULATOR = shutil.which("qemu-x86_64") or shutil.which("qemu-x86_64-static")
ON_AN_OLD_ONE = """
import llvmlite.binding as llvm
features = llvm.get_host_cpu_features()
assert not features.get("avx") and not features.get("fma"), "this is not the old processor"
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not EMULATOR or platform.machine() != "x86_64",
    reason="an old processor is emulated by qemu-x86_64 (Debian: qemu-user)",
)
def test_an_old_processor_that_shares_the_store(python, tmp_path):
    """A Nehalem, of 2008, knows neither AVX nor fused multiply-add."""
    env = {"FASTACT_CACHE_DIR": str(tmp_path / "store"), "PYTHONPATH": str(PACKAGE.parent)}
    names = "sigmoid", "tanh"
    wanted = python(calls(*names), **env).stdout
    command = [EMULATOR, "-cpu", "Nehalem", sys.executable, "-c", ON_AN_OLD_ONE + calls(*names)]
    # OPENBLAS_CORETYPE would have NumPy run the instructions of the processor that it names.
    outside = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    done = subprocess.run(
        command, env=outside | env, capture_output=True, text=True, timeout=900, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == wanted
    assert len(loops_in(tmp_path / "store")) == 2 * len(names)


# --- damaged ------------------------------------------------------------------------------------


def flip(position):
    def damage(content):
        place = int(position * len(content))
        return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]

    return damage


DAMAGE = {
    "truncated": lambda content: content[: len(content) // 2],
    "zeroed": lambda content: bytes(len(content)),
    "empty": lambda _: b"",
    "a bit of the code": flip(0.7),
    "a bit of the header": flip(0.002),
    "longer": lambda content: content + b"\0",
}


WHOLE = {}


@pytest.fixture
def filled(python, tmp_path, tmp_path_factory):
    """A store of a few entries, and what the calls print that filled it."""
    if not WHOLE:
        place = tmp_path_factory.mktemp("whole") / "store"
        printed = python(calls(*NAMES[1:3]), FASTACT_CACHE_DIR=str(place)).stdout
        assert len(loops_in(place)) == 2
        WHOLE[place] = printed
    ((place, printed),) = WHOLE.items()
    return shutil.copytree(place, tmp_path / "store"), printed


def compiled_again(python, place, wanted):
    """Whatever is in the store, results are right, and afterwards it holds them."""
    env = {"FASTACT_CACHE_DIR": str(place)}
    again = python(calls(*NAMES[1:3]), **env)
    assert (again.stdout, again.stderr) == (wanted, "")
    assert python(calls(*NAMES[1:3]) + NO_NUMBA, **env).stdout == wanted


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_entries_are_compiled_again(python, filled, damage):
    """Each of them, whatever has happened to it."""
    place, wanted = filled
    before = contents(place)
    for path in before:
        path.write_bytes(DAMAGE[damage](before[path]))
    compiled_again(python, place, wanted)
    assert contents(place) == before


def test_swapped_entries_are_compiled_again(python, filled):
    """Each of them has what another one should have."""
    place, wanted = filled
    before = contents(place)
    for path, content in zip(before, [*before.values()][1:] + [*before.values()][:1], strict=True):
        path.write_bytes(content)
    compiled_again(python, place, wanted)
    assert contents(place) == before


def other_numba(folder):
    """The installed Numba under another version."""
    package = Path(importlib.util.find_spec("numba").origin).parent
    (folder / "numba").mkdir(parents=True)
    for path in package.iterdir():
        if path.name not in ("_version.py", "__pycache__"):
            (folder / "numba" / path.name).symlink_to(path)
    text = (package / "_version.py").read_text(encoding="utf-8")
    changed = text.replace(version("numba"), "0.0.1")
    assert changed != text
    (folder / "numba" / "_version.py").write_text(changed, encoding="utf-8")
    return folder


def test_entries_of_another_numba_are_not_used(python, filled, tmp_path):
    """Nor are they where they have got the names of those that are looked for."""
    place, wanted = filled
    before = contents(place)
    path = os.pathsep.join([str(other_numba(tmp_path / "other")), str(PACKAGE.parent)])
    of_another = "import numba\nassert numba.__version__ == '0.0.1'\n"
    other = python(of_another + calls(*NAMES[1:3]), FASTACT_CACHE_DIR=str(place), PYTHONPATH=path)
    assert (other.stdout, other.stderr) == (wanted, "")
    theirs = {path: content for path, content in contents(place).items() if path not in before}
    assert len(theirs) == len(before)
    for mine, content in zip(before, theirs.values(), strict=True):
        assert mine.name.partition(".")[0].encode() in content[:100]
        mine.write_bytes(content)
    compiled_again(python, place, wanted)
    assert before.items() <= contents(place).items()


def test_an_entry_that_is_a_directory(python, tmp_path):
    place = tmp_path / "store"
    env = {"FASTACT_CACHE_DIR": str(place)}
    wanted = python(calls(), **env).stdout
    (path,) = loops_in(place)
    path.unlink()
    path.mkdir()
    again = python(calls(), **env)
    assert (again.stdout, again.stderr) == (wanted, "")


# --- no place to write --------------------------------------------------------------------------

NOWHERE = {
    "no home": {"HOME": "/nonexistent"},
    "a file for a home": {"HOME": "/dev/null"},
    "a file for a store": {"FASTACT_CACHE_DIR": "/dev/null"},
    "below a file": {"FASTACT_CACHE_DIR": "/dev/null/store"},
    "a file system that takes no files": {"FASTACT_CACHE_DIR": "/proc/self/store"},
    "an empty name": {"FASTACT_CACHE_DIR": "", "HOME": ""},
}


@pytest.mark.parametrize("env", NOWHERE.values(), ids=NOWHERE)
def test_without_a_place_to_write(python, env):
    unset = {"FASTACT_CACHE_DIR": "", "XDG_CACHE_HOME": ""}
    done = python(calls(), **(unset | env))
    assert done.stderr == ""
    assert done.stdout


LIMIT = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))\n"


@pytest.mark.parametrize("limit", [0, 1000])
def test_a_full_disk(python, tmp_path, limit):
    """With a limit on the size of files, writing fails as on a full disk or over a quota."""
    pytest.importorskip("resource", reason="resource limits are Unix")
    place = tmp_path / "store"
    done = python(LIMIT.format(limit) + calls(), FASTACT_CACHE_DIR=str(place))
    assert done.stderr == ""
    assert done.stdout == python(calls(), FASTACT_CACHE_DIR=str(place)).stdout


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_a_read_only_directory(python, tmp_path):
    """Modes stop root too, once it has given up the right to overrule them."""
    place = tmp_path / "store"
    place.mkdir(mode=0o500)
    done = python(OVERRULING.format(str(place / "x")) + calls(), FASTACT_CACHE_DIR=str(place))
    assert (done.stderr, contents(place)) == ("", {})


OVERRULING = """
import ctypes, os, struct
if os.geteuid() == 0 and os.uname().sysname == "Linux":
    header = struct.pack("Ii", 0x20080522, 0)  # version 3 of capset's structures, this process
    assert ctypes.CDLL(None).capset(header, bytes(24)) == 0
try:
    open({!r}, "w")
except PermissionError:
    pass
else:
    raise AssertionError("it may write there all the same")
"""


class Canary:
    """What makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770])
def test_a_directory_that_others_may_write_to_is_not_used(python, tmp_path, mode):
    place = tmp_path / "store"
    wanted = python(calls(), FASTACT_CACHE_DIR=str(place)).stdout
    (path,) = loops_in(place)
    path.write_bytes(pickle.dumps(Canary(tmp_path / "sang")))
    place.chmod(mode)
    before = contents(place)
    assert python(calls(), FASTACT_CACHE_DIR=str(place)).stdout == wanted
    assert contents(place) == before
    assert not (tmp_path / "sang").exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give away a directory"
)
def test_a_directory_of_somebody_else_is_not_used(python, tmp_path):
    place = tmp_path / "store"
    wanted = python(calls(), FASTACT_CACHE_DIR=str(place)).stdout
    (path,) = loops_in(place)
    path.write_bytes(pickle.dumps(Canary(tmp_path / "sang")))
    os.chown(place, 65534, 65534)  # the entry stays this user's
    before = contents(place)
    assert python(calls(), FASTACT_CACHE_DIR=str(place)).stdout == wanted
    assert contents(place) == before
    assert not (tmp_path / "sang").exists()


# --- shared -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_processes_that_start_cold_together_and_some_of_them_killed(python, tmp_path):
    env = {
        **os.environ,
        "FASTACT_CACHE_DIR": str(tmp_path / "store"),
        "PYTHONPATH": str(PACKAGE.parent),
    }
    command = [sys.executable, "-c", calls(*NAMES[:3])]
    started = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    time.sleep(0.5)
    for victim in started[:3]:
        time.sleep(random.uniform(0.1, 1))
        victim.kill()
    printed = [p.communicate(timeout=120) for p in started]
    assert {p.returncode for p in started[3:]} == {0}
    assert {errors for _, errors in printed[3:]} == {b""}
    wanted = python(calls(*NAMES[:3]), FASTACT_CACHE_DIR=str(tmp_path / "fresh")).stdout
    assert {text.decode() for text, _ in printed[3:]} == {wanted}
    assert (
        python(calls(*NAMES[:3]) + NO_NUMBA, FASTACT_CACHE_DIR=str(tmp_path / "store")).stdout
        == wanted
    )


# --- one loop a function and dtype --------------------------------------------------------------

SHAPES = """
import numpy as np
import fastact as fa
from fastact.native import loop_registry

functions = [fa.activations[name] for name in NAMES]


def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096


def call(rng):
    for f in functions:
        shape = rng.integers(0, 9, rng.integers(0, 4))
        x = rng.uniform(0.1, 0.9, shape).astype("f4")
        x = np.asfortranarray(x) if rng.random() < 0.5 else x[..., ::-1] if x.ndim else x
        if x.ndim:
            x.flags.writeable = bool(rng.random() < 0.5)
        f(x, *[p.typical * rng.uniform(0.9, 1.1) for p in f.params])
        if x.size and x.ndim:
            fa.softmax(x, axis=int(rng.integers(x.ndim)), temperature=rng.uniform(0.5, 2))


rng = np.random.default_rng(0)
for _ in range(40):
    call(rng)
before, size = len(loop_registry.loaded()), resident()
for _ in range(5000 // len(functions) + 1):
    call(rng)
growth = resident() - size
after = len(loop_registry.loaded())
assert before == after, (before, after)
assert growth < 2 * 2**20, growth
"""


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="reads the resident size from /proc"
)
def test_the_number_of_loops_does_not_grow_with_shapes_and_parameters(python):
    python(f"NAMES = {[f.name for f in ACTIVATIONS]}" + SHAPES)


def test_the_catalogue_names_each_loop_once():
    names = [(spec.name, spec.dtype) for spec in loop_registry.loops()]
    assert len(names) == len(set(names))
    assert {spec.function for spec in loop_registry.loops()} >= set(fa.activations)
