"""The floating-point mode, in which NumPy computes what is before and after a loop.

Loops set the mode and put it back. Around them NumPy's arithmetic would follow the caller's:
flush-to-zero, or another rounding, which a library built with -Ofast sets for the whole thread.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

DEFAULT = ctypes.c_void_p(-1)  # FE_DFL_ENV of the C libraries of Linux
LARGEST = 256  # bytes in which `fenv_t` has room


def is_default(
    tiny: float = 2.0**-1022, half: float = 0.5, one: float = 1.0, little: float = 2.0**-55
) -> bool:
    """Whether subnormal numbers are kept and results rounded to nearest.

    The numbers are arguments so that Python computes with them now, not when it compiles this.
    """
    return tiny * half != 0.0 and one + little == one and one - little == one


@contextmanager
def default() -> Iterator[None]:
    """Let the default mode hold, and the caller's again afterwards."""
    if is_default():
        yield
        return
    saved, library = ctypes.create_string_buffer(LARGEST), ctypes.CDLL(None)
    library.fegetenv(saved)
    library.fesetenv(DEFAULT)
    try:
        yield
    finally:
        library.fesetenv(saved)
