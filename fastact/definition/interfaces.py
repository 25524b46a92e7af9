"""What public callables take and return: `interfaces.pyi` tells it to type checkers and editors.

Nothing of it is there when a program runs.
"""

from __future__ import annotations
