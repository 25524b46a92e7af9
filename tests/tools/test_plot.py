"""`fastact plot` as a user runs it, and what its pictures are made of."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import fastact as fa

pytest.importorskip("typer")
mpl = pytest.importorskip("matplotlib")

from fastact.cli import figure, plot  # noqa: E402
from fastact.cli.report import CommandError  # noqa: E402
from fastact.definition.declaration import ORDERS  # noqa: E402

BOTH = list(ORDERS)
SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments, code=None):
    command = [sys.executable, *(["-c", code] if code else ["-m", "fastact"])]
    return subprocess.run(
        [*command, "plot", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def one_line(result, status=2):
    assert (result.returncode, result.stdout) == (status, "")
    assert result.stderr.count("\n") == 1
    return result.stderr


def curves(*functions, **params):
    return [(f, figure.shown(f, params)) for f in functions]


def lines(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 10]


def marks(axes, kind):
    """The points that are marked so."""
    face = "white" if kind is figure.EMPTY else None
    found = [
        line
        for line in axes.lines
        if line.get_marker() == kind["marker"]
        and (face is None or line.get_markerfacecolor() == face)
        and (kind is not figure.FULL or line.get_markerfacecolor() != "white")
    ]
    return sorted({(float(x), float(y)) for line in found for x, y in line.get_xydata()})


def test_png(tmp_path):
    result = run("sigmoid", "tanh", "--output", tmp_path / "a.png")
    assert (result.returncode, result.stderr) == (0, "")
    data = (tmp_path / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    picture = mpl.image.imread(tmp_path / "a.png")
    assert picture.shape[0] > 300
    assert picture[..., :3].min() < 0.5 < picture[..., :3].max()


def test_svg(tmp_path):
    result = run(
        "relu", "elu", "-o", tmp_path / "a.svg", "--range", "-2:3", "--param", "alpha=2",
        "--what", "forward,derivative",
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert root.tag == f"{SVG}svg"
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for label in ("relu", "elu(alpha=2)", "root"):
        assert f"<!-- {label} -->" in text
    assert "<!-- f′(x) -->" in text
    assert "<!-- f″(x) -->" not in text


def test_same_command_same_svg(tmp_path):
    made = []
    for name in ("a.svg", "b.svg"):
        run("relu", "-o", tmp_path / name, "--what", "forward")
        made.append((tmp_path / name).read_text(encoding="utf-8"))
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sgmoid"], ["'sgmoid'", "'sigmoid'"]),
        (["relu", "--what", "forward,derivativ"], ["'derivativ'", "'derivative'"]),
        (["relu", "--peers", "troch"], ["'troch'", "'torch'"]),
        (["elu", "--param", "alpa=2"], ["'alpa'", "'alpha'"]),
        (["elu", "--param", "alpha=x"], ["--param", "alpha=x"]),
        (["relu", "--range", "3:1"], ["--range", "3:1"]),
        (["relu", "--range", "3"], ["--range", "-6:6"]),
        (["relu", "--range=-1e308:1e308"], ["--range", "1e+300"]),
        (["sofmax"], ["unknown function", "'softmax'"]),
        (["relu", "--output", "relu.pdf"], ["--output", ".png", ".svg", "relu.pdf"]),
    ],
)
def test_wrong_usage_is_answered_by_one_line(arguments, words):
    line = one_line(run(*arguments))
    assert [word for word in words if word not in line] == []


def test_parameters_that_are_refused():
    line = one_line(run("softplus", "--param", "beta=-1", "-o", "never.png"), status=1)
    assert "beta > 0" in line


def test_without_matplotlib_it_is_named():
    code = (
        "import sys; sys.modules['matplotlib'] = None; from fastact.cli import main; exit(main())"
    )
    assert "pip install matplotlib" in one_line(run("relu", code=code))


def test_a_place_that_cannot_be_written(tmp_path):
    assert "a.png" in one_line(run("relu", "-o", tmp_path / "none" / "a.png"), status=1)


def test_the_command_does_not_need_matplotlib_until_it_draws():
    code = (
        "import sys; sys.modules['matplotlib'] = None; from fastact.cli import main; exit(main())"
    )
    result = run("--help", code=code)
    assert result.returncode == 0


def test_a_curve_is_the_function():
    made = figure.figure(curves(fa.silu), BOTH, (-3.0, 2.0), {})
    for axes, variety in zip(made.axes, BOTH, strict=True):
        (line,) = lines(axes)
        x, y = line.get_data()
        call = fa.silu if variety == "forward" else getattr(fa.silu, variety)
        assert np.array_equal(y, call(x))
        assert (x[0], x[-1]) == pytest.approx((-3.0, 2.0))
        assert axes.get_xlabel() == "x"


def test_kinks_break_the_curve_and_are_marked():
    made = figure.figure(curves(fa.hard_tanh, min_val=-2.0), BOTH, (-4.0, 4.0), {})
    value, slope, bend = made.axes
    assert len(lines(slope)) == 3
    assert marks(slope, figure.FULL) == [(-2.0, 0.0), (1.0, 0.0)]
    limits = marks(slope, figure.EMPTY)
    assert [y for _, y in limits] == [0.0, 1.0, 0.0, 1.0] or {y for _, y in limits} == {0.0, 1.0}
    assert marks(value, figure.FULL) == [(-2.0, -2.0), (1.0, 1.0)]
    assert marks(bend, figure.FULL) == []


def test_roots_are_marked():
    made = figure.figure(curves(fa.silu), BOTH, (-4.0, 4.0), {})
    for axes, variety in zip(made.axes, BOTH, strict=True):
        assert [x for x, _ in marks(axes, figure.ROOT)] == sorted(
            fa.silu.declaration.roots[variety]
        )


def test_the_legend_names_each_once():
    made = figure.figure(curves(fa.relu, fa.prelu, weight=0.25), BOTH, (-1.0, 1.0), {})
    (legend,) = made.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[:2] == ["relu", "prelu(weight=0.25)"]
    assert len(texts) == len(set(texts))


def test_colours_differ():
    """Also for readers who cannot tell red from green: by lightness or by dashes."""
    made = figure.figure(curves(*list(fa.activations.values())[:7]), ["forward"], (0.1, 0.9), {})
    styles = {(line.get_color(), line.get_linestyle()) for line in lines(made.axes[0])}
    assert len(styles) == 7


def test_every_activation_can_be_drawn(f):
    made = figure.sheet(curves(f), BOTH)
    made.draw_without_rendering()
    axes = made.axes[0]
    low, high = axes.get_ylim()
    assert np.isfinite([low, high]).all()
    assert low < high
    (left, right), values = axes.get_xlim(), figure.Curve(f, "forward", figure.shown(f, {}))
    assert all(left < at < right for at in values.kinks((-10, 10)))
    for at in values.kinks((-10, 10)):
        assert low < values(np.array(at)) < high


def test_the_window_is_the_domain():
    low, high = figure.window(curves(fa.logit))
    assert -0.1 < low < 0
    assert 1 < high < 1.1
    assert figure.window(curves(fa.sigmoid)) == (-4.0, 4.0)
    assert figure.window(curves(fa.relu6))[1] > 6


def test_poles_do_not_flatten_the_rest():
    y = np.concatenate([np.linspace(-1, 1, 1000), [1e300, -1e300]])
    low, high = figure.limits([y])
    assert -30 < low < -1
    assert 1 < high < 30


def test_without_names_all_are_drawn(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fa, "activations", {n: fa.activations[n] for n in ("relu", "tanh")})
    plot.plot(None, tmp_path / "all.png", None, "forward")
    assert "relu tanh" in capsys.readouterr().out
    assert (tmp_path / "all.png").exists()


@pytest.mark.parametrize("package", ["scipy", "torch", "jax"])
@pytest.mark.parametrize("name", ["sigmoid", "exponential", "softplus", "gelu", "gelu_tanh", "elu"])
def test_peers_are_the_same_functions(package, name):
    """Where the package is installed and has the function: value and derivatives."""
    pytest.importorskip(package)
    f, x = fa.activations[name], np.linspace(-3, 3, 20)
    for variety in BOTH:
        found = plot.overlays(f, {}, variety, [package])
        for peer in found.values():
            call = f if variety == "forward" else getattr(f, variety)
            np.testing.assert_allclose(peer(x), call(x), rtol=1e-4, atol=1e-5)


def test_scipy_has_values_and_no_derivatives():
    assert set(plot.overlays(fa.sigmoid, {}, "forward", ["scipy"])) == {"scipy"}
    assert plot.overlays(fa.sigmoid, {}, "derivative", ["scipy"]) == {}
    assert plot.overlays(fa.mish, {}, "forward", ["scipy"]) == {}
    peer = plot.overlays(fa.sigmoid, {}, "forward", ["scipy"])
    made = figure.figure(
        curves(fa.sigmoid), ["forward"], (-4.0, 4.0), {("sigmoid", "forward"): peer}
    )
    (legend,) = made.legends
    assert "scipy" in [text.get_text() for text in legend.get_texts()]


def test_a_package_that_is_not_there_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    plot.plot(["relu"], tmp_path / "a.png", None, "forward", "torch")
    assert "torch not drawn" in capsys.readouterr().out


def test_names_are_found_by_alias():
    assert plot.activation("expit") is fa.sigmoid
    with pytest.raises(CommandError, match="sigmoid"):
        plot.activation("sgmoid")


@pytest.mark.parametrize("varieties", [["forward"], ["forward", "derivative"], ORDERS])
def test_the_legend_fits_into_the_picture(varieties):
    shown = curves(fa.hard_silu, fa.leaky_relu, fa.log_sigmoid)
    made = figure.figure(shown, varieties, (-4.0, 4.0), {})
    made.canvas.draw()
    (legend,) = made.legends
    box, whole = legend.get_window_extent(), made.bbox
    assert whole.x0 <= box.x0 < box.x1 <= whole.x1
    assert whole.y0 <= box.y0 < box.y1 <= whole.y1
