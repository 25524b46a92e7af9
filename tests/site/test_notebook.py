"""The notebook of the documentation: run again, it gives what is committed.

``jupyter execute --inplace docs/notebook.ipynb`` writes new outputs. Pictures are not compared:
other versions of matplotlib draw them with other pixels.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
EXECUTE = "from nbclient.cli import main; main()"


def cells(path):
    """The cells of code with their outputs, without pictures."""
    read = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), list(map(deterministic, cell["outputs"])))
        for cell in read
        if cell["cell_type"] == "code"
    ]


def deterministic(output):
    """What an output says; of a picture, that there is one."""
    said = {kind: "".join(data) for kind, data in output.get("data", {}).items()}
    if "image/png" in said:
        return "picture"
    return said or (output["name"], "".join(output["text"]))


def test_it_gives_what_is_committed(tmp_path):
    pytest.importorskip("nbclient", reason="nbclient, which runs notebooks, is not installed")
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, PATH, "--output", tmp_path / "again"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert cells(tmp_path / "again.ipynb") == cells(PATH)


def test_every_cell_ran_and_pictures_have_a_text():
    kept = json.loads(PATH.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in kept if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    drawn = [cell for cell in code if "picture" in map(deterministic, cell["outputs"])]
    assert len(drawn) > 3
    assert all(cell["metadata"]["mystnb"]["image"]["alt"] for cell in drawn)


def test_activations_are_shown():
    shown = chain.from_iterable(outputs for _, outputs in cells(PATH))
    assert (
        sum("<svg" in output.get("text/html", "") for output in shown if type(output) is dict) > 2
    )
