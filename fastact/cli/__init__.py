"""The command `fastact`: one file per command, put together in `app.py`.

Importing this costs nothing; `main` loads typer and rich, and each command loads what it needs.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["main"]

INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def main() -> int:
    """Run the command line.

    Returns
    -------
    int
        The exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    try:
        status = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:  # the reader has gone: nothing more to say, at shutdown neither
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if status == INTERRUPTED:  # at once: joining what was interrupted may take for ever
        from fastact.verification.processes import give_back

        give_back()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
    return status


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    try:
        from fastact.cli.app import run
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in {"rich", "typer"}:
            raise
        sys.stderr.write("fastact: the command line needs: pip install rich typer\n")
        return 1
    return run()


def _never_fail_to_encode(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
