"""Processes that work for a command and end with it."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

Submit = Callable[..., "Future[Any]"]


@contextmanager
def processes(jobs: int, initializer: Callable[[], None] | None = None) -> Iterator[Submit]:
    """So many processes, which end with this block, whatever ends it.

    Yields the function that hands them work: ``submit(function, *arguments)``. Ctrl-C is for their
    parent alone, which then ends them.
    """
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=initializer)

    def submit(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        with interrupts_blocked():
            return executor.submit(function, *arguments)

    try:
        yield submit
    except BaseException:  # do not wait for a pool whose processes are gone
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()
        raise
    executor.shutdown()


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C in this thread: processes started meanwhile inherit that (on POSIX).

    A Ctrl-C that comes meanwhile is for another thread, or waits. Ignoring it would lose it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def give_back() -> None:
    """Release what processes shared, before an exit that waits for nobody.

    `multiprocessing` does this first when Python ends. What has a lower priority joins threads.
    """
    if util := sys.modules.get("multiprocessing.util"):
        util._run_finalizers(0)
