"""Make docs/bad_calls.md, by making the calls: ``python docs/bad_calls.py``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
from tests.support.bad_calls import Bad, bad_calls
from tests.support.misfits import misfits, objects

HEAD = """# Wrong calls

{count} wrong calls over every public function, by kind: how many there are, the class of the error,
and what one of them says. A message names the function, the argument, what was expected and what
came, and the nearest name; the `.ufunc` of a function says what NumPy says. A test makes all of the
calls; this page is made by `python docs/bad_calls.py`.

| what is wrong | calls | error | for example |
|---|---|---|---|
"""


def said(bad: Bad) -> tuple[str, str]:
    """The class and the text of the error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bad.call()
    except Exception as error:  # noqa: BLE001  # whatever it is stands on the page
        return type(error).__name__, " ".join(str(error).split())
    return "none", ""


def page() -> str:
    """The text of the page."""
    calls, rows = [*bad_calls(), *(misfit.bad for misfit in misfits()), *objects()], []
    for kind in dict.fromkeys(bad.kind for bad in calls):
        some = [bad for bad in calls if bad.kind == kind]
        error, text = said(some[-1])
        text = text.replace("|", "\\|").replace("`", "'")
        rows.append(f"| {kind} | {len(some)} | {error} | `{text}` |\n")
    return HEAD.format(count=len(calls)) + "".join(rows)


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
