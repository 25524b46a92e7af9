"""The thread pool in other people's processes: callers that meet, forks, limits, shutdown.

Each test runs a script in a subprocess with a time-out, which must end with status 0 and an empty
standard error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastact.native import threads
from tests.hazards.scripts import CHILDREN

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no pool elsewhere")

PRELUDE = """
import os, signal, sys, threading, time
import numpy as np
import fastact as fa
from fastact.native import threads

f = fa.sigmoid
x = np.random.default_rng(0).standard_normal(2**20).astype("f4")

def serial(x):
    threads.set_num_threads(1)
    y = f(x)
    threads.set_num_threads({count})
    return y

wanted = serial(x)

def check(n=x.size):
    assert f(x[:n]).tobytes() == wanted[:n].tobytes()

def warm(n=x.size):
    for _ in range(5):
        check(n)

def tasks():
    return len(os.listdir("/proc/self/task"))
"""
ROOT = Path(threads.__file__).resolve().parents[2]  # of the package that is tested


def run(
    script: str,
    *options: str,
    count: int = 2,
    timeout: float = 60,
    below: tuple[str, ...] = (),
    before: str = "",
    **environment: str,
) -> str:
    """Run a script after the prelude, below another command; its standard output."""
    code = before + PRELUDE.format(count=count) + CHILDREN + textwrap.dedent(script)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    kept = {k: v for k, v in os.environ.items() if k not in threads.VARIABLES}
    done = subprocess.run(
        [*below, sys.executable, *options, "-c", code],
        env=kept | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("layer", ["default", "workqueue", "omp", "tbb"])
def test_concurrent_callers(layer: str) -> None:
    """Hazard 1."""
    run(
        """
        x = x[:50_000]
        z = x.reshape(-1, 50)
        functions = [
            lambda: fa.sigmoid(x), lambda: fa.gelu(x), lambda: fa.tanh.derivative(x),
            lambda: fa.silu.backward(x, x=x), lambda: fa.softmax(z), lambda: fa.softmax(z, axis=0),
            lambda: fa.logsumexp(z), lambda: fa.swiglu(z), lambda: fa.sigmoid_cross_entropy(x, x),
        ]
        with fa.num_threads(1):
            wanted = [f().tobytes() for f in functions]
        wrong = []
        def caller(seed):
            for k in range(seed, seed + 200):
                if functions[k % 9]().tobytes() != wanted[k % 9]:
                    wrong.append(k % 9)
        callers = [threading.Thread(target=caller, args=(seed,)) for seed in range(32)]
        for c in callers: c.start()
        for c in callers: c.join()
        assert not wrong
        try:
            numba.threading_layer()
        except ValueError:
            pass
        else:
            raise AssertionError("numba's parallel backend runs")
        """,
        before="import numba\n",  # a store that is filled does without, and without its layers
        NUMBA_THREADING_LAYER=layer,
    )


@linux
def test_fork_after_use() -> None:
    """Hazard 2: in a child and a grandchild, with a pool of its own."""
    run(
        """
        def grandchild():
            warm()
            assert threads.stats()["workers"] == 1
        def child():
            warm()
            assert threads.stats()["workers"] == 1
            assert ended(in_child(grandchild)) == 0
            warm()
        warm()
        assert threads.stats()["workers"] == 1
        assert ended(in_child(child)) == 0
        warm()
        assert threads.stats()["workers"] == 1
        """
    )


@linux
def test_fork_pools() -> None:
    """Hazard 2."""
    run(
        """
        import multiprocessing
        warm()
        context = multiprocessing.get_context("fork")
        for _ in range(50):
            with context.Pool(4) as workers:
                for y in workers.map(f, [x[:40_000]] * 4):
                    assert y.tobytes() == wanted[:40_000].tobytes()
                workers.close()
                workers.join()
        warm()
        """,
        "-W",
        "ignore",
    )


@linux
def test_fork_during_launches() -> None:
    """Hazard 3."""
    run(
        """
        stop = []
        def caller():
            while not stop: f(x)
        callers = [threading.Thread(target=caller) for _ in range(4)]
        for c in callers: c.start()
        try:
            ends = [ended(in_child(lambda: warm(100_000))) for _ in range(200)]
        finally:
            stop.append(1)
        for c in callers: c.join()
        assert ends == [0] * 200, ends
        warm()
        """,
        "-W",
        "ignore",
        timeout=120,
    )


@linux
def test_fork_past_python() -> None:
    """A child that no hook told of works on its own threads, that is alone."""
    run(
        """
        import ctypes
        warm()
        pid = ctypes.PyDLL(None).fork()
        if pid == 0:
            signal.alarm(10)
            warm()
            os._exit(0)
        assert ended(pid) == 0
        warm()
        """
    )


@linux
@pytest.mark.parametrize("action", ["error", "always"])
def test_fork_sees_one_thread(action: str) -> None:
    """Hazard 9: Python 3.12 and later warn of a fork with threads, but swallow their own error."""
    run(
        """
        for _ in range(20):
            warm()
            assert tasks() == 2
            assert ended(in_child(warm)) == 0
            assert tasks() == 1
        """,
        "-W",
        action,
    )


SHUTDOWNS = {
    "spinning": "warm()",
    "parked": "warm(); time.sleep(0.01)",
    "atexit": "import atexit; atexit.register(check); warm()",
    "atexit, cold": "import atexit; atexit.register(check)",
    "del": """
        class Late:
            def __init__(self): self.check = check
            def __del__(self): self.check()
        late = Late(); sys.late = Late()
    """,
    "thread": """
        def later():
            time.sleep(0.2); warm()
        threading.Thread(target=later).start()
        warm()
    """,
    "daemon": """
        def always():
            while True: f(x)
        threading.Thread(target=always, daemon=True).start()
        warm()
    """,
}


@pytest.mark.parametrize("how", SHUTDOWNS)
def test_shutdown_is_silent(how: str) -> None:
    """Hazard 6."""
    run(SHUTDOWNS[how] if "\n" in SHUTDOWNS[how] else SHUTDOWNS[how] + "\n")


# A thread that never runs costs its help and nothing more: least times, by turns.
QUICK = """
def quick():
    times = {1: [], 2: []}
    for _ in range(400):
        for n in times:
            with threads.num_threads(n):
                began = time.perf_counter()
                f(x)
                times[n].append(time.perf_counter() - began)
    # Neighbours in time have the same share of the machine.
    ratios = sorted(shared / serial for serial, shared in zip(times[1], times[2]))
    assert ratios[len(ratios) // 2] < 2, ratios[:: len(ratios) // 8]
"""


@pytest.mark.parametrize("start", ["raise RuntimeError", "return None"])
def test_python_threads_that_never_run(start: str) -> None:
    """Hazard 7."""
    run(
        QUICK
        + f"""
def start(self): {start}
threading.Thread.start = start
warm()
quick()
if sys.platform.startswith("linux"):
    assert threads.stats()["workers"] == 1
"""
    )


@linux
@pytest.mark.parametrize("create", ["return 11", "return 0", "time.sleep(0.01); return 11"])
def test_threads_of_the_system_that_never_run(create: str) -> None:
    """Hazard 7: refused at once or late, or said to run when none does."""
    run(
        QUICK
        + f"""
import ctypes
tried, idle = [], threading.Thread(target=threading.Event().wait, daemon=True)
idle.start()  # what the pool takes for its own
def create(at, *_):
    tried.append(1)
    ctypes.c_uint64.from_address(at).value = idle.ident
    {create}
create = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 4)(create)
threads._word("pthread_create").value = ctypes.cast(create, ctypes.c_void_p).value
warm()
quick()
assert 0 < len(tried) <= 2  # the first `num_threads` tries again
os._exit(0)  # there is no thread to wait for
"""
    )


PATCH = "from gevent import monkey; monkey.patch_all()\n"


def test_gevent() -> None:
    """Hazard 7: patched after the first call."""
    pytest.importorskip("gevent", reason="gevent is of the extra `test`")
    run(PATCH + "warm()")


def test_gevent_before_everything() -> None:
    """Hazard 7: patched before Numba and this package come; greenlets and their threads call."""
    pytest.importorskip("gevent", reason="gevent is of the extra `test`")
    run(
        """
        import gevent, gevent.pool
        warm()
        callers = [threading.Thread(target=warm) for _ in range(4)]  # greenlets
        for c in callers: c.start()
        for c in callers: c.join()
        assert tasks() <= 2
        real = gevent.get_hub().threadpool
        gevent.joinall([real.spawn(warm) for _ in range(4)], raise_error=True, timeout=30)
        """,
        before=PATCH,
    )


@linux
def test_no_more_threads_allowed() -> None:
    """Hazard 7: `ulimit -u`. The failure is remembered until the next `set_num_threads`."""
    run(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        if os.getuid() == 0: os.setuid(65534)  # root has no limit
        warm()
        assert threads.stats()["workers"] == 0
        """
    )
    run(
        """
        import ctypes
        tried = []
        signature = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 4)
        refuse = signature(lambda *a: tried.append(1) or 11)
        word = threads._word("pthread_create")
        real, word.value = word.value, ctypes.cast(refuse, ctypes.c_void_p).value
        warm()
        assert len(tried) == 1
        word.value = real
        warm()
        assert threads.stats()["workers"] == 0
        threads.set_num_threads(3)
        warm()
        assert threads.stats()["workers"] == 2
        """
    )


@linux
@pytest.mark.parametrize("environment", [{"OMP_NUM_THREADS": "1"}, {"FASTACT_NUM_THREADS": "1"}])
def test_one_thread_has_no_helper(environment: dict[str, str]) -> None:
    """Hazard 8."""
    run(
        """
        threads._state.pop("limit", None); threads._apply()
        assert threads.get_num_threads() == 1
        warm()
        assert tasks() == 1
        """,
        **environment,
    )


@linux
def test_affinity() -> None:
    """Hazard 8: one core allows one thread; two threads on one core still work."""
    core = min(os.sched_getaffinity(0))
    run(
        f"""
        os.sched_setaffinity(0, [{core}])
        threads._state.pop("limit", None); threads._apply()
        assert threads.stats() | dict(threads=1, source="affinity") == threads.stats()
        warm()
        assert tasks() == 1
        threads.set_num_threads(2)
        warm()
        assert tasks() == 2
        """
    )


@linux
@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset is of util-linux")
def test_affinity_from_outside() -> None:
    """Hazard 8: `taskset -c 0`."""
    run(
        ALONE.format(source="affinity"),
        below=("taskset", "-c", str(min(os.sched_getaffinity(0)))),
    )


ALONE = """
threads._state.pop("limit", None); threads._apply()
assert threads.stats() | dict(threads=1, source="{source}") == threads.stats(), threads.stats()
warm()
assert tasks() == 1
"""
QUOTAS = {  # of cgroups of either version: the files of one CPU
    "cpu/cpu.cfs_quota_us": {"cpu.cfs_period_us": "50000", "cpu.cfs_quota_us": "50000"},
    "cpu.max": {"cpu.max": "50000 50000"},
}


def limited(place: Path, files: dict[str, str]) -> bool:
    """Make a cgroup with these settings, if that is possible."""
    try:
        place.mkdir()
    except OSError:
        return False
    try:
        for name, text in files.items():
            with (place / name).open("r+") as file:  # which must be there
                file.write(text)
    except OSError:  # it lacks the controller
        place.rmdir()
        return False
    return True


@pytest.fixture
def group() -> Iterator[Path]:
    """A cgroup that allows one CPU, as `docker run --cpus=1` and `systemd-run` make one."""
    for name, files in QUOTAS.items():
        place = (Path("/sys/fs/cgroup") / name).with_name(f"fastact-{os.getpid()}")
        if limited(place, files):
            yield place
            place.rmdir()
            return
    pytest.skip("making a cgroup takes root and a mounted controller of CPUs")


@linux
@pytest.mark.skipif(
    threads.available_cpus() < 2, reason="with one CPU a quota of one makes no difference"
)
def test_quota(group: Path) -> None:
    """Hazard 8: a process in a cgroup has the threads that its quota pays for."""
    into = f'echo $$ > {group}/cgroup.procs && exec "$@"'
    run(ALONE.format(source="cgroup"), below=("sh", "-c", into, "sh"))


@linux
def test_affinity_is_left_alone() -> None:
    run(
        """
        allowed = os.sched_getaffinity(0)
        for _ in range(300):
            f(x[:200_000])
            time.sleep(0.0005)
        time.sleep(0.1)
        for task in map(int, os.listdir("/proc/self/task")):
            assert os.sched_getaffinity(task) == allowed
        """,
        count=3,
    )


@linux
def test_number_of_tasks() -> None:
    """Hazard 8: sixteen callers share one pool."""
    run(
        """
        most = []
        def caller():
            for _ in range(50):
                f(x)
                most.append(tasks())
        callers = [threading.Thread(target=caller) for _ in range(16)]
        for c in callers: c.start()
        for c in callers: c.join()
        assert max(most) <= 1 + 16 + 3 - 1, max(most)
        """,
        count=3,
    )


@linux
def test_number_of_workers_follows() -> None:
    run(
        """
        for n in (2, 7, 3, 1, 4):
            threads.set_num_threads(n)
            for _ in range(20): check()
        assert threads.stats()["workers"] == 6
        """
    )


@linux
def test_workers_take_no_signals() -> None:
    """A signal must interrupt the main thread, whoever else is there."""
    run(
        """
        def blocked(task, number):
            status = open(f"/proc/self/task/{task}/status").read()
            return int(status.split("SigBlk:")[1].split()[0], 16) >> (number - 1) & 1
        warm()
        for task in os.listdir("/proc/self/task"):
            if int(task) == os.getpid():
                assert not any(blocked(task, s) for s in range(1, 65))
                continue
            assert blocked(task, signal.SIGINT) and blocked(task, signal.SIGTERM)
            for s in (signal.SIGSEGV, signal.SIGFPE):
                while blocked(task, s):  # the C library blocks all until the thread has begun
                    time.sleep(0.001)
        """
    )


def test_import_makes_nothing() -> None:
    """No Numba, no block and no thread before the first call."""
    run(
        """
        import subprocess
        code = "import sys, os; from fastact.native import threads; threads.set_num_threads(2); "
        code += "assert not threads.stats()['native'] and 'numba' not in sys.modules; "
        code += "print(len(os.listdir('/proc/self/task')) if sys.platform == 'linux' else 1)"
        assert subprocess.check_output([sys.executable, "-c", code]) == b"1\\n"
        """
    )


def test_where_there_can_be_no_pool() -> None:
    run(
        """
        from fastact.native import pool
        pool.libc = lambda: None
        threads._state.clear()
        block = threads.block()
        with threads.num_threads(2):
            assert threads.get_num_threads() == 2
        threads.set_num_threads(2)
        assert pool.word(block, "cutover").value == pool.SERIAL
        assert threads.stats()["native"] is False
        if hasattr(os, "fork"):
            assert ended(in_child(lambda: threads.set_num_threads(3))) == 0
        """
    )
