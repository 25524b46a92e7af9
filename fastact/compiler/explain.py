"""What Numba cannot compile of a user's function, said with the user's line.

Imports Numba: used only when something has to be compiled.
"""

from __future__ import annotations

import ctypes
import dis
import linecache
import re
from collections.abc import Callable
from types import CodeType
from typing import Any

from numba.core import types

from fastact.compiler.dispatch import compiled, kept, linked, users_dispatcher
from fastact.native import machine_code
from fastact.numerics.primitives import Kernel

NOISE = re.compile(r"\x1b\[[0-9;]*m| at 0x[0-9a-f]+")
# Where the reason ends and Numba's account of how it came about begins.
END = re.compile(r"\n\s*\n?(File \"|During: |There (are|is) \d+ candidate|- Resolution failure)")
A_FUNCTION = "Cannot determine Numba type of <class 'function'>"
HINT = " (decorate it with numba.njit)"
PLACE = re.compile(r"File \"([^\"]+)\", line (\d+)|\(line (\d+)\)|\((\d+)\)")
EXTERNAL = re.compile(r"^declare .*?@\"?([\w.$]+)\"?\(", re.MULTILINE)
ERROR = re.compile(r"\\8C\\..([A-Z][A-Za-z]*)\\94\\93")  # a class in a pickle, in LLVM's spelling
INSTEAD = {
    "ZeroDivisionError": "numba.njit(error_model='numpy') gives infinity; 1 / x**2 does for x**-2"
}
RAISES = ".const.picklebuf"  # the name of a constant in Numba's code: a pickled exception


class UncompilableError(TypeError):
    """A user's function that no loop can be made of."""


@kept
def check(kernel: Kernel) -> None:
    """Raise a TypeError unless a loop can be made of a user's function of float64."""
    function = kernel.function
    numbers = (types.float64,) * function.__code__.co_argcount
    try:
        result = compiled(users_dispatcher(kernel), numbers)
    except (UncompilableError, MemoryError):  # an activation that it calls is to blame, or nobody
        raise
    except Exception as error:  # noqa: BLE001  # Numba may fail in an assertion of its own, too
        message = complaint(function, line_of(error, function), reason(error))
        raise UncompilableError(message) from None
    returned = result.signature.return_type
    if isinstance(returned, types.Array):
        message = "it returns an array; numpy.where makes one: write a if condition else b"
        raise UncompilableError(complaint(function, None, message))
    if not isinstance(returned, types.Float | types.Integer | types.Boolean):
        message = f"it returns {returned}, not a real number"
        raise UncompilableError(complaint(function, None, message))
    text = optimised(result)
    if RAISES in text:
        message = f"it may raise {raised(text)}, which a loop over an array cannot"
        raise UncompilableError(complaint(function, raising(function.__code__), message))
    foreign = [name for name in EXTERNAL.findall(text) if not available(name)]
    if foreign:
        message = f"it calls {', '.join(foreign)}, which exists only in a process that runs Numba"
        raise UncompilableError(complaint(function, None, message))


def raised(text: str) -> str:
    """The error that is thrown, and what to do instead."""
    name = next(iter(ERROR.findall(text)), "an error")
    return f"{name} ({INSTEAD[name]})" if name in INSTEAD else f"{name} (return math.nan instead)"


def optimised(result: Any) -> str:
    """The code that Numba has made, without what cannot happen: x**2 raises no OverflowError."""
    module = linked(result.fndesc.mangled_name, "", result.library)
    machine_code.optimise(module)
    return str(module)


def available(symbol: str) -> bool:
    """Whether stored code can call this: LLVM's own operations, and the C library's."""
    return symbol.startswith("llvm.") or hasattr(ctypes.CDLL(None), symbol)


def complaint(function: Callable[..., Any], line: int | None, why: str) -> str:
    """The message: the function, the place, the text of the line, the reason."""
    code = function.__code__
    line = line or code.co_firstlineno
    text = linecache.getline(code.co_filename, line, function.__globals__).strip()
    shown = f"\n    {text}" if text else ""
    return (
        f"{function.__name__}() cannot be compiled:\n"
        f'  File "{code.co_filename}", line {line}{shown}\n'
        f"Numba: {why}"
    )


def reason(error: Exception) -> str:
    """The first sentence or two of Numba's message."""
    text = NOISE.sub("", str(error))
    text = re.sub(r"Failed in \w+ mode pipeline \(step: .*?\)\n", "", text)
    text = " ".join(END.split(text)[0].split())[:300] or type(error).__name__
    return text + HINT if text.endswith(A_FUNCTION) else text


def line_of(error: Exception, function: Callable[..., Any]) -> int | None:
    """The line of the user's function that the error is about."""
    code = function.__code__
    lines = lines_in(code)
    at = getattr(error, "loc", None)
    named = [int(n) for found in PLACE.findall(NOISE.sub("", str(error))) for n in found[1:] if n]
    candidates = [at.line] if at is not None else []
    return next((n for n in candidates + named if n in lines), None)


def lines_in(code: CodeType) -> set[int]:
    """Return the numbers of the lines of a function and of those inside it."""
    nested = [c for c in code.co_consts if isinstance(c, CodeType)]
    own = {line for _, _, line in code.co_lines() if line}
    return own.union(*map(lines_in, nested))


def raising(code: CodeType) -> int | None:
    """The line of the first ``raise`` or ``assert``."""
    raises = (i for i in dis.get_instructions(code) if i.opname == "RAISE_VARARGS")
    return next((i.positions.lineno for i in raises if i.positions), None)
