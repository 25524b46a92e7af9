"""The page of `fastact bench --html` in a browser: it sorts, filters and shows a function.

The page is made of a run of a few cells. Screenshots go to ``build/screenshots``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fastact.benchmarks import compare, measure, peers
from fastact.benchmarks.cases import QUICK
from fastact.benchmarks.html import page

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
VIEWS = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "tablet": {"viewport": {"width": 1024, "height": 768}},
    "narrow": {"viewport": {"width": 375, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def run():
    """A run of three functions, with what a whole run has beside them."""
    selection = QUICK._replace(functions=("relu", "sigmoid", "softmax"))
    plan = measure.Plan(selection, 600.0, 0.02, 2, 2, 2, ("relu",))  # where CI machines are busy
    found, missing = peers.load(("numpy", "scipy"))
    return measure.run(plan, found, missing, lambda seconds, what: None)


@pytest.fixture(scope="module")
def file(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page([run | {"commit": "before"}, run]), encoding="utf-8")
    return path


@pytest.fixture(params=VIEWS)
def tab(browser, request, file):
    """The page in each view; what the console says and what it loads is a failure."""
    tab = browser.new_page(**VIEWS[request.param])
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on(
        "request", lambda r: None if r.url.startswith(("file:", "data:")) else said.append(r.url)
    )
    tab.set_default_timeout(60_000)
    tab.goto(file.as_uri())
    yield tab
    SHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SHOTS / f"report-{request.param}.png", full_page=True)
    tab.close()
    assert said == []


def column(tab, name):
    """The texts of a column of the table of cells."""
    heads = tab.locator("#table thead th").all_inner_texts()
    at = next(i for i, head in enumerate(heads) if head.startswith(name))
    return tab.locator(f"#table tbody td:nth-child({at + 1})").all_inner_texts()


def test_the_table_sorts_and_filters(tab, run):
    assert len(column(tab, "function")) == len(run["cells"])
    head = tab.locator("#table thead button", has_text="function")
    for state, backwards in (("ascending", False), ("descending", True)):
        head.press("Enter")
        assert tab.locator("#table th[aria-sort]").get_attribute("aria-sort") == state
        names = column(tab, "function")
        assert names == sorted(names, reverse=backwards)
    tab.locator("#words").fill("sigmoid value")
    wanted = [c for c in run["cells"] if c["function"] == "sigmoid" and "value" in c["variety"]]
    assert column(tab, "variety") == ["value_and_derivative"] * len(wanted)
    tab.locator("#words").fill("")
    tab.get_by_label("only where it is behind").check()
    assert len(column(tab, "function")) == sum(c.get("behind", False) for c in run["cells"])


def test_a_function_is_chosen(tab):
    tab.locator("#of-function").select_option("softmax")
    assert tab.locator("#chart-title").inner_text().startswith("softmax, forward, float32")
    assert tab.locator("#numbers thead th").all_inner_texts() == [
        "size",
        "fastact",
        "numpy",
        "scipy",
    ]
    tab.locator("#of-function").select_option("sigmoid")
    tab.locator("#of-variety").select_option("backward_from_output")
    assert tab.locator("#numbers thead th").all_inner_texts() == ["size", "fastact", "numpy"]
    assert tab.locator("#chart canvas").count() == 1


def test_the_answer_leads_to_its_cells(tab, run):
    group = run["cells"][0]["group"]
    cells = [c for c in run["cells"] if c["group"] == group]
    card = tab.locator("article", has=tab.get_by_role("heading", name=group, exact=True))
    card.get_by_role("link").first.click()
    assert len(column(tab, "function")) == len(cells)
    assert tab.locator("#behind-rows tr").count() > 0
    assert tab.locator("#trend-table tbody tr").count() == 2


def test_cells_without_a_peer_are_counted(tab, run):
    count = len(run["cells"])
    alone = sum(cell["best"] is None for cell in run["cells"])
    assert alone
    assert f"{count} cells, of which {alone} have no peer" in tab.locator("#about").inner_text()
    note = tab.locator("#behind-note").inner_text()
    assert re.search(rf"of {count - alone} (cells )?that have a peer", note)


def test_everything_fits_and_has_a_name(tab):
    width = tab.viewport_size["width"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for row in tab.locator(".by-cell tbody tr").all():  # no cell of the tables is out of sight
        box = row.locator("td").last.bounding_box()
        assert box["x"] + box["width"] <= width
    nameless = (
        "[...document.querySelectorAll('select, input')].filter(e => !e.labels.length).length"
    )
    assert tab.evaluate(nameless) == 0
    table = "document.querySelector('#table').parentNode"
    assert tab.evaluate(f"{table}.scrollWidth <= {table}.clientWidth")
    for name in ("aria-labelledby", "aria-describedby"):
        ids = f"[...document.querySelectorAll('[{name}]')].map(e => e.getAttribute('{name}'))"
        for each in tab.evaluate(ids):
            assert tab.locator(f"#{each}").count() == 1


def test_the_legend_tells_dashed_lines_from_solid_ones(tab):
    """More peers than colours: the line of a seventh is dashed, and so is its mark."""
    tab.evaluate("RUN.peers.unshift(...'abcdef'); draw()")
    marks = "[...document.querySelectorAll('#chart .u-marker')].map(e => e.style.borderStyle)"
    _, ours, *others = tab.evaluate(marks)  # the first is that of the elements, which has no line
    assert (ours, {*others}) == ("solid", {"dashed"})


def test_bars_stay_in_the_chart(tab):
    """Where a quartile is far below the medians, the axis goes down to it."""
    tab.evaluate("CELLS.forEach(({runners: {fastact}}) => fastact[2] = 1e8 * fastact[1]); draw()")
    chart = "plots.find(each => each.place.id === 'chart').plot"
    lowest = f"Math.min(...{chart}.data[1]) / 1e8"
    assert tab.evaluate(f"{chart}.scales.y.min <= {lowest} * 1.001")


def test_a_name_that_is_markup_stays_text(run):
    marked = run | {"commit": "</script><script>alert(1)</script>"}
    assert "<script>alert" not in page([marked])


def test_a_run_is_compared_with_itself(run, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run), encoding="utf-8")
    assert {c.verdict for c in compare.changes(compare.read(path), run)} == {"same"}
