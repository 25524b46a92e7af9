"""The store, where others have been: entries that are no files of ours, directories that change."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.hazards.scripts import ROOT, finished, rounds, run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="about files of POSIX")

CALL = """
import fastact as fa
assert fa.relu(np.float32([-1, 2])).tolist() == [0, 2]
"""
NO_NUMBA = "assert 'numba' not in sys.modules, 'compiled again'"


def store_of(tmp_path: Path) -> tuple[Path, Path]:
    """A store that holds what `CALL` needs, and the entry of its loop."""
    place = tmp_path / "store"
    run(CALL, FASTACT_CACHE_DIR=str(place))
    run(CALL + NO_NUMBA, FASTACT_CACHE_DIR=str(place))
    (entry,) = place.glob("relu.*")
    return place, entry


def fifo(entry: Path) -> None:
    os.mkfifo(entry)


def zeros(entry: Path) -> None:
    entry.symlink_to("/dev/zero")


def giant(entry: Path) -> None:
    with entry.open("wb") as file:
        file.truncate(2**40)


def folder(entry: Path) -> None:
    entry.mkdir()


def link(entry: Path) -> None:
    """To what is right: an entry must be a file of this user's in this directory."""
    elsewhere = entry.with_name("elsewhere")
    elsewhere.write_bytes(VALID[0])
    entry.symlink_to(elsewhere)


def writable(entry: Path) -> None:
    entry.write_bytes(VALID[0])
    entry.chmod(0o666)


def endless(entry: Path) -> None:
    entry.symlink_to(entry)


VALID: list[bytes] = []
ENTRIES = [fifo, zeros, giant, folder, link, writable, endless]


@pytest.mark.parametrize("kind", ENTRIES, ids=lambda kind: kind.__name__)
def test_entry_that_is_no_file_of_ours(kind, tmp_path: Path) -> None:
    place, entry = store_of(tmp_path)
    VALID[:] = [entry.read_bytes()]
    entry.unlink()
    kind(entry)
    run(CALL + "assert 'numba' in sys.modules", timeout=60, FASTACT_CACHE_DIR=str(place))
    if kind is not folder:  # it has been replaced
        run(CALL + NO_NUMBA, FASTACT_CACHE_DIR=str(place))


OBJECTS = {
    "lacks the symbol": "define void @other() {\n ret void\n}",
    "calls what is nowhere": "declare void @nowhere_at_all()\n"
    "define void @SYMBOL() {\n call void @nowhere_at_all()\n ret void\n}",
    "no code": "",
}


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("entry", ["relu", "pool", "glue"])
def test_object_with_right_checksum(kind: str, entry: str, tmp_path: Path) -> None:
    place, _ = store_of(tmp_path)
    (file,) = place.glob(f"{entry}.*")
    script = f"""
    from pathlib import Path
    from fastact.native import machine_code, store
    import fastact as fa
    file = Path({str(file)!r})
    symbol = "fastact_" + "_".join(file.name.split(".")[:2])
    code = machine_code.assembled({OBJECTS[kind]!r}.replace("SYMBOL", symbol))
    file.write_bytes(store.header(file.name, code or b"x") + (code or b"x"))
    """
    run(script, FASTACT_CACHE_DIR=str(place))
    run(CALL, FASTACT_CACHE_DIR=str(place))
    run(CALL + NO_NUMBA, FASTACT_CACHE_DIR=str(place))


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_new_directories_are_private(mask: int, tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "store"
    run(f"os.umask({mask})\n" + CALL, FASTACT_CACHE_DIR=str(place))
    for folder in (place, place.parent, place.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for entry in place.iterdir():
        assert stat.S_IMODE(entry.stat().st_mode) == 0o600


def test_directory_that_is_a_link(tmp_path: Path) -> None:
    place, _ = store_of(tmp_path)
    other = tmp_path / "other"
    other.symlink_to(place)
    run(CALL + "assert 'numba' in sys.modules", FASTACT_CACHE_DIR=str(other))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_others(tmp_path: Path) -> None:
    place, entry = store_of(tmp_path)
    os.chown(entry, 12345, 12345)
    run(CALL + "assert 'numba' in sys.modules", FASTACT_CACHE_DIR=str(place))
    os.chown(place, 12345, 12345)
    run(CALL + "assert 'numba' in sys.modules", FASTACT_CACHE_DIR=str(place))


def test_directory_that_is_swapped_while_it_is_used(tmp_path: Path) -> None:
    """Somebody swaps the directory for one that others may write to, thousands of times."""
    place, entry = store_of(tmp_path)
    script = f"""
    import shutil
    from pathlib import Path
    from fastact.native import store
    place, name, count = Path({str(place)!r}), {entry.name!r}, {len(rounds(2000))}
    good, bad = place.with_name("good"), place.with_name("bad")
    shutil.copytree(place, bad)
    code = b"planted"
    (bad / name).write_bytes(store.header(name, code) + code)
    bad.chmod(0o777)
    going = [True]
    def put(folder, k):
        try:
            os.rename(folder, place)
        except OSError:  # the store has made one meanwhile
            os.rename(place, place.with_name(f"made{{k}}"))
            put(folder, k + 1)
    def swap():
        for k in itertools.count(step=1000):
            os.rename(place, good); put(bad, k)
            os.rename(place, bad); put(good, k + 500)
            time.sleep(random.random() * 1e-4)  # not in step with who reads
            if not going:
                break
    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        found = [store.read(name) for _ in range(count)]
        while not any(found):
            found.append(store.read(name))
        for k in range(200):
            store.write(f"x.{{k}}.bin", b"y")
    finally:
        going.clear()
        swapper.join()
    assert code not in found
    assert not list(bad.glob("x.*"))
    """
    run(script, FASTACT_CACHE_DIR=str(place))


# ---------------------------------------------------------------- keys of what is not in files
def edited(text: str) -> str:
    """Another version of the package: its relu has another value."""
    assert "def relu_value(x):\n" in text
    head, _, rest = text.partition("def relu_value(x):\n")
    _, _, rest = rest.partition("\n")
    return f"{head}def relu_value(x):\n    return x + 7.0\n{rest}"


def zipped(target: Path, change: bool) -> Path:
    path = target / "fastact.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((ROOT / "fastact").rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                data = file.read_bytes()
                if change and file.name == "piecewise.py":
                    data = edited(data.decode()).encode()
                archive.writestr(str(file.relative_to(ROOT)), data)
    return path


def sourceless(target: Path, change: bool) -> Path:
    with zipfile.ZipFile(zipped(target, change)) as archive:
        archive.extractall(target)
    (target / "fastact.zip").unlink()
    command = [sys.executable, "-m", "compileall", "-q", "-b", str(target / "fastact")]
    subprocess.run(command, check=True, timeout=120)
    for file in (target / "fastact").rglob("*.py"):
        file.unlink()
    return target


@pytest.mark.parametrize("pack", [zipped, sourceless])
def test_two_versions_that_share_a_store(pack, tmp_path: Path) -> None:
    place, found = tmp_path / "store", []
    for change in (False, True):
        target = tmp_path / str(change)
        target.mkdir()
        done = finished(
            f"sys.path.insert(0, {str(pack(target, change))!r})\nimport fastact as fa\n"
            "assert fa.__file__.startswith(sys.path[0]), fa.__file__\n"
            "print(fa.relu(np.float32([-1, 2])).tolist())",
            FASTACT_CACHE_DIR=str(place),
        )
        assert (done.returncode, done.stderr) == (0, "")
        found.append(done.stdout)
    assert found == ["[0.0, 2.0]\n", "[6.0, 9.0]\n"]


FILLED = """
import fastact as fa
from fastact.catalogue import catalogue
from fastact.native import loader, loop_registry, store
names = ("relu", "leaky_relu", "hard_tanh", "hard_sigmoid")
specs = [loop_registry.get(name, dtype) for name in names for dtype in loop_registry.DTYPES]
for spec in specs:  # Numba's part is done once, in the parent
    spec.build(spec)

def fill(seed):
    random.seed(seed)
    while True:
        spec = random.choice(specs)
        spec.compiled()
        code = store.read(spec.entry())
        assert code and loader.loadable(code, spec.symbol)

def whole():
    codes = [(spec, store.read(spec.entry())) for spec in specs]
    assert all(code is None or loader.loadable(code, spec.symbol) for spec, code in codes)
    return any(code for _, code in codes)

killed = 0
for k in range({rounds}):
    *children, last = [in_child(lambda: fill(16 * k + number), 0) for number in range(16)]
    for child in [*children, last]:
        time.sleep(random.random() / 40)
        while child == last and not whole():  # a busy machine may not have let any write
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        killed += ended(child) == -signal.SIGKILL
    assert whole()
assert killed == 16 * {rounds}, killed
"""


def test_sixteen_processes_are_killed_while_they_fill_a_store(tmp_path: Path) -> None:
    """None of them fails before; whatever is there after each round is whole."""
    run(FILLED.format(rounds=len(rounds(2))), timeout=300, FASTACT_CACHE_DIR=str(tmp_path))


# Every round begins with an empty store. The functions are those of which NumPy gives each bit.
STARTED_COLD = """
import fastact as fa
from fastact.native import store

CALLS = {
    "relu": (fa.relu, lambda x: np.maximum(x, 0)),
    "leaky_relu": (lambda x: fa.leaky_relu(x, 0.5), lambda x: np.where(x > 0, x, x / 2)),
    "hard_tanh": (fa.hard_tanh, lambda x: np.clip(x, -1, 1)),
    "relu6": (fa.relu6, lambda x: np.clip(x, 0, 6)),
}
KEYS = [(name, dtype) for name in CALLS for dtype in ("f4", "f8")]

def call(name, dtype):
    x = np.linspace(-8, 8, 301, dtype=dtype) + 0
    ours, numpys = CALLS[name]
    assert ours(x).tobytes() == (numpys(x) + 0).tobytes(), (name, dtype)

def cold():
    for key in random.sample(KEYS, len(KEYS)):
        call(*key)
    signal.pause()

def loops():
    return len([e for e in store.entries() if e.dtype != "native"])

def survivor():
    for key in KEYS:
        call(*key)
    assert loops() == len(KEYS)

def killed_at_random(children, pace):
    try:
        while children:
            time.sleep(random.random() * pace)
            pid = children.pop(random.randrange(len(children)))
            os.kill(pid, signal.SIGKILL)
            assert ended(pid) == -signal.SIGKILL
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)

fa.softsign(1.0)  # Numba is imported here, once, and knows what it knows after a first call
assert "numba" in sys.modules
begun = 0
for k in range(ROUNDS):
    os.environ["FASTACT_CACHE_DIR"] = f"{PLACE}/{k}"
    children = []
    for number in range(16):
        random.seed(16 * k + number)
        children.append(in_child(cold, 0))
    random.seed(k)
    killed_at_random(children, (0.4, 0.1, 0.02)[k % 3])
    begun += loops()
    assert ended(in_child(survivor, 0)) == 0
assert begun, "they were killed before they had compiled anything"
"""


def test_sixteen_processes_that_start_cold_are_killed(tmp_path: Path) -> None:
    """Then a process has each key from the store, or compiles it, and every bit is right."""
    script = f"PLACE, ROUNDS = {str(tmp_path)!r}, {len(rounds(2))}\n" + STARTED_COLD
    run(script, timeout=60 + 60 * len(rounds(2)), FASTACT_CACHE_DIR=str(tmp_path / "warm"))
