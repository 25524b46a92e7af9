"""The docstrings of the members of functions along an axis, made from what each function says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastact.definition.described import filled

# By the name of a member: what it is, the vector that it takes, notes, and lines of an example.
Lines = tuple[str, ...]
OPTIONS = "The options are those of `{name}` but for ``empty`` and ``inf``."
SAVED = (
    "One pass over memory, from the output ``y=`` or the input ``x=``: exactly one of them is "
    "given, and anything else is a TypeError; so is ``softcap=`` with ``y=``. It and `{vector}` "
    "broadcast. " + OPTIONS
)
MASS = (
    "A row without mass (all of it absent) gives 0, never NaN, and so does an element that is "
    "masked, whatever `{vector}` is there."
)
HEAD = """{what} of `{name}`{along}.

.. math:: {formula}

{call}
"""
EXAMPLE = """
Examples
--------
>>> import numpy as np, fastact as fa
>>> f, x = fa.{name}, np.array([0.5, 0.25, -1.0])
"""
MEMBERS: Mapping[str, tuple[str, str, Lines, Lines]] = {
    "backward": (
        "The vector-Jacobian product", "dy",
        (
            "The gradient of the input for `dy`, that of the output. " + SAVED,
            "`out` may be `dy`. " + MASS,
        ),
        (
            ">>> dy = np.array([1.0, 0.0, -1.0])",
            ">>> dx = f.backward(dy, x=x)",
            ">>> bool(np.allclose(dx, dy @ f.jacobian(x)))",
            "True",
            ">>> bool(np.allclose(dx, f.backward(dy, y=f(x))))",
            "True",
        ),
    ),
    "jvp": (
        "The Jacobian-vector product", "dx",
        (
            "The tangent of the output for `dx`, that of the input. " + SAVED,
            "`out` may be `dx`. " + MASS,
        ),
        (
            ">>> dx = np.array([1.0, 0.0, -1.0])",
            ">>> bool(np.allclose(f.jvp(dx, x=x), f.jacobian(x) @ dx))",
            "True",
            ">>> bool(np.allclose(f.jvp(dx, x=x), f.jvp(dx, y=f(x))))",
            "True",
        ),
    ),
    "jacobian": (
        "The Jacobian of each row", "",
        (
            (
                "An array of shape ``x.shape + (n,)``: element ``[..., i, ..., j]`` is the "
                "derivative of the output i by the input j, where i stands at `axis` and j at the "
                "end. " + OPTIONS
            ),
        ),
        (
            ">>> h = 2.0**-12 * np.eye(3)  # a step for each input",
            ">>> steps = (f(x + h) - f(x - h)).T * 2**11",
            ">>> bool(np.allclose(f.jacobian(x), steps, 0.001, 0.001))",
            "True",
        ),
    ),
    "sequences": (
        "The function", "",
        (
            (
                "`offsets` are the ascending places along `axis` where sequences begin, from 0, "
                "and the length of the axis at the end; a sequence may be empty. The results have "
                "the bits of a call of `{name}` for each of them, and ``sequences.backward`` gives "
                "their gradients."
            ),
            (
                "A TypeError if `offsets` are not integers, and a ValueError if they do not ascend "
                "from 0 to the length of the axis."
            ),
        ),
        (
            ">>> y = f.sequences(x, offsets=[0, 1, 3])",
            ">>> bool((y == np.concatenate([f(x[:1]), f(x[1:])])).all())",
            "True",
        ),
    ),
    "sequences.backward": (
        "The vector-Jacobian product", "dy",
        (
            "As ``{name}.backward`` for each sequence, from the output ``y=`` or the input ``x=``.",
        ),
        (
            ">>> dy = np.array([1.0, 0.0, -1.0])",
            ">>> dx, parts = f.sequences.backward(dy, x=x, offsets=[0, 1, 3]), [x[:1], x[1:]]",
            ">>> each = [f.backward(d, x=part) for d, part in zip([dy[:1], dy[1:]], parts)]",
            ">>> bool(np.allclose(dx, np.concatenate(each)))",
            "True",
        ),
    ),
}  # fmt: skip
OF_SUMS: Mapping[str, tuple[str, str, Lines, Lines]] = {
    "backward": (
        "The gradient", "ds",
        (
            (
                "The gradient of the input for `ds`, that of the result, which has its shape, with "
                "or without the axes. ``where=``, and `b`, weights of the terms, are those of "
                "`logsumexp`. A row without mass gives 0, never NaN."
            ),
        ),
        (
            ">>> h = 2.0**-12 * np.eye(3)  # a step for each input",
            ">>> steps = (f(x + h) - f(x - h)) * 2**11",
            ">>> bool(np.allclose(f.backward(2.0, x=x), 2.0 * steps, 0.001, 0.001))",
            "True",
        ),
    ),
    "jvp": (
        "The Jacobian-vector product", "dx",
        (
            (
                "The tangent of the result for `dx`, that of the input: the mean of `dx` with "
                "softmax's weights. The options are those of `logsumexp`."
            ),
        ),
        (
            ">>> dx = np.array([1.0, 0.0, -1.0])",
            ">>> bool(np.allclose(f.jvp(dx, x=x), dx @ f.backward(1.0, x=x)))",
            "True",
        ),
    ),
}  # fmt: skip
ALONG = {"sequences": " over each of the sequences ``x[..., offsets[k]:offsets[k + 1]]``",
         "sequences.backward": " over sequences"}  # fmt: skip
FORMULAS = {
    "backward": r"dx_j = \sum_i dy_i \frac{\partial y_i}{\partial x_j}",
    "jvp": r"dy_i = \sum_j \frac{\partial y_i}{\partial x_j} dx_j",
    "jacobian": r"J_{ij} = \frac{\partial y_i}{\partial x_j}",
}


def member(owner: Any, name: str, call: str, known: Any = MEMBERS) -> str:
    """The docstring of a member of a function along an axis."""
    what, vector, notes, lines = known[name]
    formulas = {**FORMULAS, **owner._formulas}
    formula = formulas[{"sequences": "value", "sequences.backward": "backward"}.get(name, name)]
    if name != "sequences" and "value" in formulas:
        formula += rf", \quad {formulas['value']}"
    facts = {"name": owner.name, "vector": vector}
    text = HEAD.format(
        what=what, along=ALONG.get(name, " along an axis"), formula=formula,
        call=filled(f"``{call}``"), **facts,
    )  # fmt: skip
    text += "".join(f"\n{filled(note.format(**facts))}\n" for note in notes)
    return text + EXAMPLE.format(**facts) + "".join(f"{line}\n" for line in lines)
