"""What notebooks show of a function: its formula, its shape and the errors that were found."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import catalogue
from fastact.definition import html
from fastact.verification import record

OTHERS = [entry.function for entry in catalogue.values() if entry.kind != "elementwise"]


def parsed(shown):
    """The HTML as a tree: each element is closed and each character escaped."""
    return ET.fromstring(shown)


def points(tree, variety):
    """The runs of points of a curve, in pixels."""
    style = html.STYLES[variety].split('"')[1]
    (path, *_) = (p for p in tree.iter("path") if p.get("stroke") == style)
    runs = filter(None, path.get("d").split("M"))
    return [np.array([p.split() for p in run.split("L")], dtype=float) for run in runs]


def test_an_activation_shows_formula_shape_and_errors(f):
    tree = parsed(f._repr_html_())
    assert tree.find("code").text.startswith(f"{f.name}(x")
    assert tree.find("p").text == f._repr_latex_() == f"$\\displaystyle f(x) = {f.formula}$"
    assert f.name in tree.find("svg").get("aria-label")
    assert points(tree, "forward")
    assert points(tree, "derivative")
    recorded = record.read()["float32"][f.name]["derivative"]
    cells = [cell.text for cell in tree.iter("td")]
    assert html.error(recorded) in cells


def test_the_shape_is_that_of_the_function():
    (run,) = points(parsed(fa.tanh._repr_html_()), "forward")
    x = -4 + 8 * (run[:, 0] - html.MARGIN) / (html.WIDTH - 2 * html.MARGIN)
    y = fa.tanh(x)
    margin = 0.06 * (1 - y[0])  # the highest value is that of the derivative at 0
    down = np.interp(y, [y[0] - margin, 1 + margin], [html.HEIGHT - html.MARGIN, html.MARGIN])
    assert np.abs(down - run[:, 1]).max() < 0.1  # pixels, rounded to tenths


def test_a_jump_is_not_drawn_as_a_line():
    tree = parsed(fa.relu._repr_html_())
    left, right = points(tree, "derivative")
    assert set(left[:, 1]) != set(right[:, 1])
    assert len(set(left[:, 1])) == len(set(right[:, 1])) == 1


def test_a_curve_is_cut_off_where_it_leaves_the_picture():
    for f in (fa.logit, 1 / fa.identity, fa.exponential):
        for variety in html.STYLES:
            for run in points(parsed(f._repr_html_()), variety):
                assert run.min() >= html.MARGIN - 1
                assert (run <= [html.WIDTH, html.HEIGHT]).all()


def test_an_expression_shows_its_own():
    mish = fa.identity * fa.tanh(fa.softplus)
    tree = parsed(mish._repr_html_())
    (run,), (same,) = points(tree, "forward"), points(parsed(fa.mish._repr_html_()), "forward")
    assert run.tolist() == same.tolist()
    assert html.UNMEASURED in [p.text for p in tree.iter("p")]
    assert "tanh" in mish._repr_latex_()


def test_an_activation_of_ones_own_has_no_errors_of_another():
    @fa.activation(name="gelu", formula="x < 1 & <b>")
    def mine(x):
        return x

    tree = parsed(mine._repr_html_())
    assert tree.find("table") is None
    assert "x < 1 & <b>" in tree.find("p").text
    assert tree.find("svg").get("aria-label").startswith("gelu, ")  # without a derivative
    with pytest.raises(ValueError, match="unpack"):
        points(tree, "derivative")


def test_what_numba_cannot_compile_is_said():
    @fa.activation
    def broken(x):
        return [x] if x > 0 else x

    said = [p.text for p in parsed(broken._repr_html_()).iter("p")]
    assert any(text.startswith("Not drawn: broken() cannot be compiled") for text in said)


def test_parameters_that_have_no_default_are_told():
    label = parsed(fa.prelu._repr_html_()).find("svg").get("aria-label")
    weight = float(re.search(r"weight = ([\d.]+)$", label)[1])
    assert math.isclose(weight, html.shown(fa.prelu, {})["weight"])


@pytest.mark.parametrize("function", OTHERS, ids=lambda f: f.name)
def test_other_functions_show_their_formula(function):
    tree = parsed(function._repr_html_())
    assert tree.find("code").text.startswith(f"{function.name}(")
    said = ["".join(p.itertext()) for p in tree.iter("p")]
    assert "`" not in said[0]
    assert function._repr_latex_() in said
    recorded = function.name in record.read()["float32"]
    assert (tree.find("table") is not None) == recorded
