"""What the commands share: the console, JSON and errors of one line."""

from __future__ import annotations

import difflib
import inspect
import json
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress, ProgressColumn
from rich.table import Table


class CommandError(Exception):
    """Ends the command with this message, on one line of standard error."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(" ".join(message.split()))
        self.status = status


def unknown(kind: str, name: str, known: Iterable[str]) -> CommandError:
    """Return the error for a `name` that is none of the `known` ones, with the nearest of them."""
    nearest = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.0) if name else []
    hint = "".join(f"; the nearest is {match!r}" for match in nearest)
    return CommandError(f"unknown {kind} {name!r}{hint}", status=2)


def console(*, quiet: bool = False) -> Console:
    """Return a console on standard output that takes text as it is and never breaks a line."""
    return Console(markup=False, highlight=False, soft_wrap=True, quiet=quiet)


def progress(out: Console, *columns: ProgressColumn) -> Progress:
    """Return a progress bar that shows nothing, not even an empty line, outside a terminal."""
    shown = out.is_terminal and not out.quiet
    return Progress(*columns, console=out if shown else console(quiet=True), disable=not shown)


def flowing(command: Callable[..., Any]) -> str:
    """Return what a command's docstring says, a line for each paragraph: rich breaks the lines."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def line(label: str, text: str) -> str:
    """Return a line of a list, broken before column 80 where words allow it."""
    return textwrap.fill(
        f"{label:15}{text}", 80, subsequent_indent=15 * " ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def table(*columns: str, left: int = 1) -> Table:
    """Return an empty table whose first `left` columns are words and whose others are numbers."""
    result = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        result.add_column(column, justify="left" if index < left else "right", no_wrap=True)
    return result


def write_json(value: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
