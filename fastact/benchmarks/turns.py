"""Compare calls in one run, by turns: A B C, C B A, and so on.

On a machine that does other things too, two timings made one after the other differ by more than
the two calls do. By turns they meet the same disturbances, and what counts is the quotient of
neighbours.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from timeit import Timer
from typing import Any, NamedTuple

ROUNDS = 21
BLOCK_SECONDS = 0.02  # one turn: long for the clock, short enough to be a neighbour
PAUSE_SECONDS = 0.005  # in which the idle threads of the one before go to sleep;
LONGEST_PAUSE = 0.05  # or until Linux tells that they do: they wait for work, OpenMP's for 10 ms
WARM_SECONDS = 0.0003  # before a turn: our threads wake at the second call, in 60 microseconds
TASKS = Path("/proc/self/task")
FEWEST, MOST = 3, 9  # rounds of `within`,
SHORT_PAUSE = 0.001  # and its pauses
SLOW = 10  # times as long as the fastest: nobody asks by how much exactly
SHORTEST = 0.0002  # seconds: two hundred ticks of a poor clock


class Spread(NamedTuple):
    """A median between the quartiles."""

    low: float
    median: float
    high: float


def spread(values: list[float]) -> Spread:
    """Return the quartiles of at least two values."""
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def by_turns(
    calls: Mapping[str, Callable[[], Any]],
    *,
    rounds: int = ROUNDS,
    block: float = BLOCK_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> dict[str, list[float]]:
    """Return, for each named call, the seconds that it took on average in each round."""
    timers = {name: Timer(call) for name, call in calls.items()}
    numbers = {name: _number(timer, block) for name, timer in timers.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds):
        for name in sorted(calls, key=list(calls).index, reverse=turn % 2 == 1):
            _rest(pause)
            _warm(timers[name])
            times[name].append(timers[name].timeit(numbers[name]) / numbers[name])
    return times


def _rest(pause: float) -> None:
    """Wait until the threads of what was called before sleep."""
    end = time.perf_counter() + LONGEST_PAUSE
    time.sleep(pause)
    while _others_run() and time.perf_counter() < end:
        time.sleep(pause)


def _warm(timer: Timer) -> None:
    """Call at least once and for a while, in which its threads wake up."""
    end = time.perf_counter() + WARM_SECONDS
    timer.timeit(1)
    while time.perf_counter() < end:
        timer.timeit(1)


def _others_run() -> bool:
    """Whether another thread of this process runs, as far as the system tells."""
    own = str(threading.get_native_id())
    if not TASKS.exists():
        return False
    return any(_state(task) == "R" for task in TASKS.iterdir() if task.name != own)


def _state(task: Path) -> str:
    """Return the letter for what a thread does; none if it has ended meanwhile."""
    try:
        return (task / "stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


# With this, what takes minutes is over in seconds: to see that it runs, not to measure.
QUICK: Mapping[str, Any] = {"rounds": 2, "block": BLOCK_SECONDS / 100}


def _number(timer: Timer, block: float) -> int:
    """Return how often to call in one turn."""
    number = 1
    while (seconds := timer.timeit(number)) < block / 4:
        number *= 2
    return max(1, round(number * block / seconds))


def ratio(times: Mapping[str, list[float]], numerator: str, denominator: str) -> Spread:
    """Return how many times as long one call took as the other, round by round."""
    pairs = zip(times[numerator], times[denominator], strict=True)
    return spread([a / b for a, b in pairs])


def within(
    calls: Mapping[str, Callable[[], Any]], seconds: float, *, slow_ones: bool = False
) -> dict[str, list[float]]:
    """Return what `by_turns` does, in about so many seconds; at least three rounds are made.

    What takes many times as long as the fastest, and much of the time, is called only twice more,
    unless it is asked for.
    """
    timers = {name: Timer(call) for name, call in calls.items()}
    first = {name: [timer.timeit(1), timer.timeit(1)][1] for name, timer in timers.items()}
    bound = max(SLOW * min(first.values()), seconds / 8 / len(calls))
    left_out = [name for name in calls if first[name] > bound and not slow_ones]
    slow = {name: [first[name], timers[name].timeit(1)] for name in left_out}
    calls = {name: call for name, call in calls.items() if name not in slow}
    once = sum(first[name] for name in calls)
    pause = sum(_rest_after(timers[name]) for name in calls)
    rounds = int(seconds / (2 * once + pause))
    rounds = max(FEWEST, min(MOST, rounds))
    block = (seconds / rounds - pause) / len(calls) / 2
    return by_turns(calls, rounds=rounds, block=max(block, SHORTEST), pause=SHORT_PAUSE) | slow


def _rest_after(timer: Timer) -> float:
    """Return the seconds of the pause after a call."""
    timer.timeit(1)
    start = time.perf_counter()
    _rest(SHORT_PAUSE)
    return time.perf_counter() - start
