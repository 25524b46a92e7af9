"""Memory that another thread changes while a call reads it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.hazards.scripts import ROUNDS, run

LOSSES = {
    "softmax_cross_entropy": "fa.softmax_cross_entropy(z, labels)",
    "its gradient": "fa.softmax_cross_entropy.value_and_grad(z, labels)",
    "its Hessian": "fa.softmax_cross_entropy.gradient_and_hessian(z, labels)",
    "with weights": "fa.softmax_cross_entropy.value_and_grad(z, labels, weight=w, "
    "label_smoothing=0.1)",
    "without some": "fa.softmax_cross_entropy(z, labels, ignore_index=3)",
    "nll": "fa.nll.value_and_grad(z, labels)",
}


BY_TURNS = "[2**40, 0, -(2**40), 0]"  # wrong integers, and 0 for what is right
OF_ROWS = {
    "softmax": "fa.softmax(z, lengths=n)",
    "softmax.backward": "fa.softmax.backward(z, y=z, lengths=n)",
    "with a temperature": "fa.log_softmax(z, lengths=n, temperature=2.0)",
    "with a mask": "fa.softmax(z, lengths=n, where=z > 0)",
    "sparsemax": "fa.sparsemax(z, lengths=n)",
    "sequences": "fa.softmax.sequences(z.reshape(-1), offsets=starts)",
    "sequences.backward": "fa.softmax.sequences.backward(z.reshape(-1), y=z.reshape(-1), "
    "offsets=starts)",
}


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside njit"])
@pytest.mark.parametrize("rows", [14, 200_000])
@pytest.mark.parametrize("function", OF_ROWS)
def test_lengths_and_offsets_that_change(function: str, rows: int, inside: bool) -> None:
    """No row is longer than it is: a result, or the error of a wrong length or offset."""
    n = 10**6 // rows
    changing(
        f"""
        z = np.random.default_rng(0).standard_normal(({rows}, {n})).astype("f4")
        n, starts = np.full({rows}, 3), np.arange({rows} + 1) * {n}
        half = {rows} // 2
        def change():
            for wrong in itertools.cycle({BY_TURNS}):
                n[half] = wrong or 3
                starts[half] = wrong or half * {n}
                if not going:
                    break
        """,
        f"lambda z, n, starts: {OF_ROWS[function]}",
        "(z, n, starts)",
        inside=inside,
    )


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside njit"])
@pytest.mark.parametrize("classes", [5, 300])  # rows in tiles, and one by one
@pytest.mark.parametrize("loss", LOSSES)
def test_labels_that_change(loss: str, classes: int, inside: bool) -> None:
    """No index leaves a row: a result, or the error of a label out of range."""
    rows = 10**6 // classes
    changing(
        f"""
        z = np.random.default_rng(0).standard_normal(({rows}, {classes})).astype("f4")
        labels = np.zeros({rows}, dtype=np.int64)
        w = np.ones({classes}, "f4")
        def change():
            for label in itertools.cycle({BY_TURNS}):
                labels[{rows} // 2] = label
                if not going:
                    break
        """,
        f"lambda z, labels, w: {LOSSES[loss]}",
        "(z, labels, w)",
        inside=inside,
    )


def changing(change: str, function: str, arguments: str, *, inside: bool) -> None:
    """Call a function again and again while a thread runs `change`, until either outcome came."""
    compiled = "numba.njit(nogil=True)" if inside else ""
    body = f"""
        changer = threading.Thread(target=change)
        compute = {compiled}({function})
        compute(*{arguments})
        changer.start()
        done = {{"value": 0, "error": 0}}
        try:
            end = time.monotonic() + {2 * ROUNDS}
            while time.monotonic() < end or not all(done.values()):
                try:
                    compute(*{arguments})
                    done["value"] += 1
                except (ValueError, IndexError):
                    done["error"] += 1
        finally:
            going.clear()
            changer.join()
        """
    before = "import numba\nimport fastact as fa\ngoing = [True]\n"
    run(before + dedent(change) + dedent(body), timeout=400)  # the first call may compile
