"""Signals in one long call: handlers run meanwhile, and what they raise ends the call."""

from __future__ import annotations

import sys

import pytest

from tests.hazards.scripts import rounds, run

# Memory of `out` that nobody has written is not there: what is interrupted needs little. A call
# looks for signals each 60 ms, so it has to be much longer: 2**28 elements took 58 (AMD Zen 5).
LONG = """
import fastact as fa
from fastact.rowwise import ragged

fa.set_num_threads(THREADS)
ROW = 2**10

def repeated(dtype, *shape):
    return np.broadcast_to(np.ones((), dtype), shape)

def rows(count):
    return repeated("f4", count, ROW)

def out(dtype, *shape):
    return np.zeros(shape, dtype)

def sequences(y, n, more=0):
    '''Compiled code on the memory of `y`: `fa.softmax.sequences` hands over a new array.'''
    offsets = np.arange(0, n + 1, min(n, 2**14))
    offsets[1:-1:2] += more
    x = repeated("f4", y.size // n, n)
    ragged.run("softmax", "float32", [x, y.reshape(-1, n)], offsets)

def calls_of(N):
    '''Calls of N elements, and the memory for their results.'''
    labels = np.zeros(N // ROW, int)
    flat, table, count = (N,), (N // ROW, ROW), (N // ROW,)
    return {
        "elementwise": (lambda y: fa.gelu(repeated("f8", *flat), out=y), "f8", flat),
        "with a cast": (lambda y: fa.gelu(repeated("i4", *flat), out=y), "f8", flat),
        "strided": (lambda y: fa.tanh(repeated("f4", *flat), out=y[:, 1]), "f4", (N, 2)),
        "two axes": (lambda y: fa.tanh(repeated("f4", *table), out=y[:, ::-1]), "f4", table),
        "backward": (lambda y: fa.tanh.backward(1.0, x=repeated("f4", *flat), out=y), "f4", flat),
        "gated": (lambda y: fa.swiglu.split(*[repeated("f4", *flat)] * 2, out=y), "f4", flat),
        "rows": (lambda y: fa.softmax(rows(N // ROW), out=y), "f4", table),
        "rows side by side": (lambda y: fa.softmax(rows(N // ROW), axis=0, out=y), "f4", table),
        "one row": (lambda y: fa.softmax(repeated("f4", *flat), out=y), "f4", flat),
        "a number a row": (lambda y: fa.logsumexp(rows(N // ROW), axis=1, out=y), "f4", count),
        "sequences": (lambda y: sequences(y, N), "f4", flat),
        "sequences of two lengths": (lambda y: sequences(y, N, 1), "f4", flat),
        "sequences of many rows": (lambda y: sequences(y, ROW), "f4", table),
        "a loss": (lambda y: y.fill(fa.softmax_cross_entropy(rows(N // ROW), labels)), "f4", (1,)),
        "a loss of elements": (lambda y: y.fill(fa.sigmoid_cross_entropy(
            *[repeated("f4", *flat)] * 2)), "f4", (1,)),
    }
"""
INTERRUPTED = """
class Hit(Exception):
    pass

def handler(*_):
    raise Hit

signal.signal(signal.SIGALRM, handler)
short = calls_of(2**18)
for name, (call, dtype, shape) in calls_of(2**30).items():
    warm = out(dtype, *short[name][2])
    short[name][0](warm)
    assert warm.reshape(-1)[-1], name
    for _ in range(2):
        y = out(dtype, *shape)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            call(y)
        except Hit:
            assert not y.flat[-1], name + " went on to its end"
        else:
            raise AssertionError(name + " returned")
        done = np.count_nonzero(y.flat[: 2**20])
        time.sleep(0.05)
        assert np.count_nonzero(y.flat[: 2**20]) == done, name + " goes on"
for name, (call, wanted) in calls().items():
    right(name, call(), wanted)
x = np.full(2**22, 2.0)
assert (fa.relu(x) == 2).all()
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_handler_that_raises_in_a_long_call(threads: int) -> None:
    run(f"THREADS = {threads}\n" + LONG + INTERRUPTED, timeout=400)


BUSY = """
import fastact as fa

fa.set_num_threads(THREADS)
x = np.linspace(-3, 3, 2**25)
z = x.astype("f4").reshape(-1, 2**10)
wanted = {f: f(x) for f in (fa.tanh, fa.relu)}, fa.softmax(z), fa.softmax(x)
seen, parent = [], os.getpid()

def handler(number, frame):
    '''Does what a handler may do: calls of any length, and a fork whose child goes on.'''
    seen.append(number)
    assert fa.relu(2.0) == 2
    if len(seen) in (2, 200):
        assert (fa.relu(x) == wanted[0][fa.relu]).all()
    if len(seen) in (4, 300) and os.getpid() == parent:
        children.append(os.fork())

signal.signal(signal.SIGALRM, handler)
signal.signal(signal.SIGPROF, handler)
children = []
for f, right_one in wanted[0].items():
    seen.clear()
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 2e-3)
    signal.setitimer(signal.ITIMER_PROF, 1e-3, 5e-3)
    got = f(x.copy(), out=np.empty_like(x)), fa.softmax(z), fa.softmax(x)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    assert seen
    assert all(map(np.array_equal, got, (right_one, *wanted[1:])))
    if os.getpid() != parent:
        os._exit(0)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    children.clear()
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_timers_in_long_calls(threads: int) -> None:
    """A timer each few milliseconds, of the wall clock and of the processor's time."""
    run(f"THREADS = {threads}\n" + BUSY, timeout=300)


def test_keyboard_interrupt_from_outside() -> None:
    script = (
        LONG.replace("THREADS", "2")
        + """
    import subprocess
    for name in ("elementwise", "rows", "one row", "a loss"):
        call, dtype, shape = calls_of(2**30)[name]
        calls_of(2**18)[name][0](out(dtype, *calls_of(2**18)[name][2]))
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.1; kill -INT {os.getpid()}"])
        y = out(dtype, *shape)
        try:
            call(y)
            killer.wait()
            time.sleep(1)
        except KeyboardInterrupt:
            assert not y.flat[-1]
        else:
            raise AssertionError(name)
        killer.wait()
    """.replace("\n    ", "\n")
    )
    run(script)


# SIGINT comes after 50 ms of the process's own time, which a busy machine does not stretch. The sum
# tells of one more element anywhere in `out`.
IN_FOUR_GIGABYTES = """
import ctypes, hashlib, struct
import fastact as fa

libc, OF_THIS_PROCESS = ctypes.CDLL(None), 2

def interrupt_after(seconds):
    timer, event = ctypes.c_void_p(), struct.pack("qii48x", 0, signal.SIGINT, 0)
    assert not libc.timer_create(OF_THIS_PROCESS, event, ctypes.byref(timer))
    assert not libc.timer_settime(timer, 0, struct.pack("qqqq", 0, 0, 0, int(seconds * 1e9)), None)
    return timer

def written():
    return out.view("u8").sum(), hashlib.sha256(out[:2**21]).digest()

fa.set_num_threads(THREADS)
x = np.broadcast_to(np.float64(0.5), 2**29)
out = np.zeros(x.size)
fa.gelu(x[:2**22], out=out[:2**22])
for _ in range(ROUNDS):
    out[:2**22] = 0
    timer, began = interrupt_after(0.05), time.process_time()
    try:
        fa.gelu(x, out=out)
    except KeyboardInterrupt:
        late = time.process_time() - began - 0.05
        assert late < 0.3 * THREADS, late
    else:
        raise AssertionError("it went on to its end")
    libc.timer_delete(timer)
    done = written()
    time.sleep(1)
    assert done == written()
    assert 0 < np.count_nonzero(out[::2**15]) < out.size >> 16
y = fa.gelu(x[:2**21])
assert (y == y[0]).all() and y[0] == fa.gelu(0.5)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a timer of Linux")
@pytest.mark.parametrize("threads", [1, 2])
def test_keyboard_interrupt_within_three_tenths_of_a_second(threads: int) -> None:
    """In a call of 4 GB; then nobody writes any more, and the next call works."""
    settings = f"ROUNDS, THREADS = {len(rounds(1))}, {threads}\n"
    run(settings + IN_FOUR_GIGABYTES, timeout=300)
