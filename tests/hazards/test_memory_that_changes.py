"""Memory that another thread changes while a call reads it."""

from __future__ import annotations

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


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside njit"])
@pytest.mark.parametrize("classes", [5, 300])  # rows in tiles, and one by one
@pytest.mark.parametrize("loss", LOSSES)
def test_labels_that_change(loss: str, classes: int, inside: bool) -> None:
    """No index leaves a row: a result, or the error of a label out of range."""
    compiled = "numba.njit(nogil=True)" if inside else ""
    run(
        f"""
        import numba
        import fastact as fa
        from fastact.native import threads
        z = np.random.default_rng(0).standard_normal(({10**6 // classes}, {classes})).astype("f4")
        labels = np.zeros(len(z), dtype=np.int64)
        w = np.ones({classes}, "f4")
        going = [True]
        def change():
            for label in itertools.cycle([2**40, 0, -(2**40), 0]):  # right at every other look
                labels[len(labels) // 2] = label
                if not going:
                    break
        changer = threading.Thread(target=change)
        compute = {compiled}(lambda z, labels, w: {LOSSES[loss]})
        compute(z, labels, w)
        changer.start()
        done = {{"value": 0, "error": 0}}
        try:
            end = time.monotonic() + {2 * ROUNDS}
            while time.monotonic() < end or not all(done.values()):
                try:
                    compute(z, labels, w)
                    done["value"] += 1
                except (ValueError, IndexError):
                    done["error"] += 1
        finally:
            going.clear()
            changer.join()
        """,
        timeout=400,  # the first call may compile
    )
