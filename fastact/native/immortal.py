"""What native code points to, and must stay when Python clears its modules at the end.

An object of Python's may be called until the last one is gone, also after the modules that it
comes from: by a destructor, or when the garbage collector looks at it.
"""

from __future__ import annotations

import ctypes
from typing import TypeVar

T = TypeVar("T")


def immortal(thing: T) -> T:
    """Return the object; it stays as long as the process."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing
