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

    Yields the function that hands them work: ``submit(function, *arguments)``. They inherit that
    Ctrl-C is ignored: it is for their parent alone, which then ends them.
    """
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=initializer)

    def submit(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return executor.submit(function, *arguments)
        finally:
            signal.signal(signal.SIGINT, handler)

    try:
        yield submit
    except BaseException:  # do not wait for a pool whose processes are gone
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()
        raise
    executor.shutdown()


def give_back() -> None:
    """Release what processes shared, before an exit that waits for nobody.

    `multiprocessing` does this first when Python ends. What has a lower priority joins threads.
    """
    if util := sys.modules.get("multiprocessing.util"):
        util._run_finalizers(0)  # noqa: SLF001  # the public way joins threads as well
