"""The documentation site as it was built: complete, and usable in a browser, wide and narrow.

``tox -e docs`` builds it and runs this. Screenshots go to ``build/screenshots``.
"""

from __future__ import annotations

import importlib
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import fastact as fa
from fastact.catalogue import catalogue

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "docs"
SHOTS = ROOT / "build" / "screenshots"
SIZES = {"wide": (1280, 900), "narrow": (375, 800)}
SHEET = 600  # pixels that many pictures side by side need to be read
PAGES = (
    "index", "tutorial", "notebook", "functions/index", "functions/gelu", "functions/softmax",
    "functions/softmax_cross_entropy", "functions/swiglu", "reference/index", "architecture",
    "guides/replacing", "explanation/proofs", "gallery", "benchmarks",
)  # fmt: skip

if not (SITE / "index.html").exists():
    pytest.skip("there is no site: `tox -e docs` makes it", allow_module_level=True)


def listed():
    """The names that other pages, and other sites, can link to."""
    from sphinx.util.inventory import InventoryFile

    found = InventoryFile.loads((SITE / "objects.inv").read_bytes(), uri="")
    return {item for kind, items in found.data.items() if kind.startswith("py:") for item in items}


def test_everything_public_has_an_entry():
    expected = {f"fastact.{name}" for name in fa.__all__}
    members = ("derivative", "backward", "value_and_derivative", "kinks", "max_ulp")
    expected |= {f"fastact.Activation.{name}" for name in members}
    assert expected - listed() == set()


@pytest.mark.parametrize("name", catalogue)
def test_a_page_has_formula_picture_and_example(name):
    page = (SITE / "functions" / f"{name}.html").read_text(encoding="utf-8")
    assert 'alt="' + name in page
    assert f'<span class="n">{name}</span>' in page  # the example
    assert "<math" in page
    assert "Error:</strong>" in page
    assert ('id="speed"' in page) == bool(catalogue[name].benchmarks)
    assert "Source:</strong>" in page
    if catalogue[name].kind == "elementwise":
        assert "Limits:" in page
        assert "Errors that were found" in page


def test_the_page_of_a_function_tells_cells_of_one_thread_apart(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    pages = importlib.import_module("pages")
    text = "\n".join(pages.speed("gelu"))
    cells = re.findall(r"^   \* - (.*)\n     - (float.*)\n     - (.*)$", text, re.MULTILINE)
    assert len(cells) > 10
    assert len(set(cells)) == len(cells)


def prose(page):
    """The text of a page, without code and formulas."""
    from bs4 import BeautifulSoup  # of which the theme is made

    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find("article")
    for node in article.select("pre, code, math, script"):
        node.decompose()
    return article.get_text()


def test_no_markup_is_left_in_the_text():
    """A directive, a role or an example that was taken for text: nobody could read it."""
    left = re.compile(r"\.\. [\w-]+::|:[\w:]+:`|\{[\w:]+\}`|``|>>> |^\|", re.MULTILINE)
    pages = [p for p in SITE.rglob("*.html") if "<article" in p.read_text(encoding="utf-8")]
    assert len(pages) > len(catalogue)
    assert {p.name: found for p in pages if (found := left.findall(prose(p)))} == {}


def test_nothing_is_loaded_from_the_network():
    for page in PAGES:
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        assert 'src="http' not in text, page
        assert 'rel="stylesheet" type="text/css" href="http' not in text, page


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=SIZES)
def tab(browser, request):
    """A tab of each size; what its console says is a failure."""
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height})
    said = []
    page.on("console", lambda m: said.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    left = "net::ERR_ABORTED"  # the page was left before all of it had come
    page.on("requestfailed", lambda r: said.append(r.url) if r.failure != left else None)
    page.size = request.param
    page.set_default_timeout(300_000)  # CI machines are busy
    yield page
    page.close()
    assert said == []


def shoot(tab, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SHOTS / f"{name.replace('/', '-')}-{tab.size}.png")


@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_and_their_pictures_are_there(tab, address, name):
    tab.goto(f"{address}/{name}.html")
    shoot(tab, name)
    width = tab.viewport_size["width"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    pictures = "[...document.querySelectorAll('article img')]"
    assert tab.evaluate(f"{pictures}.filter(i => !i.naturalWidth || !i.alt).map(i => i.src)") == []
    seen = tab.evaluate(f"{pictures}.map(i => i.getBoundingClientRect().width)")
    sheets = tab.evaluate(
        f"{pictures}.map(i => i.src.endsWith('.png') && !i.closest('.cell_output'))"
    )
    for w, sheet in zip(seen, sheets, strict=True):  # a sheet scrolls by itself
        assert w >= SHEET if sheet else width * 0.4 <= w <= width, seen


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("finite differences", "Your first backward pass"),
        ("dead units", "Why does my activation not perform well?"),
        ("softplus", "softplus"),
        ("squared_error", "squared_error"),
    ],
)
def test_search_finds_it(tab, address, words, title):
    tab.goto(f"{address}/index.html")
    if tab.size == "narrow":  # the box is in the menu
        tab.click("header .nav-overlay-icon")
    box = tab.locator("input.sidebar-search")
    box.fill(words)
    box.press("Enter")
    found = tab.locator("#search-results ul.search li a")
    found.first.wait_for()
    tab.wait_for_function("!document.querySelector('#search-progress')?.textContent")
    shoot(tab, f"search-{words.replace(' ', '-')}")
    assert title in [text.strip().removesuffix("()") for text in found.all_inner_texts()]
    found.first.click()
    tab.locator("article h1").wait_for()
