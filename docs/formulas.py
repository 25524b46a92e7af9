"""A Sphinx extension: formulas become MathML, which browsers draw without a script.

Docutils has the converter. MathJax, the default of Sphinx, is loaded from the network.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

# TeX takes single tokens: \frac12 is a half. The converter would take the number 12.
SHORT = re.compile(r"\\[td]?frac *(\w) *(\w)")
# A formula in the HTML that an activation shows of itself, which notebooks typeset.
SHOWN = re.compile(r"\$\\displaystyle (.+?)\$", re.DOTALL)


def mathml(formula: str, *, as_block: bool) -> str:
    """The formula in MathML."""
    return tex2mathml(SHORT.sub(r"\\frac{\1}{\2}", formula), as_block=as_block)


def inline(self: Any, node: nodes.math) -> None:
    """Write a formula within text."""
    self.body.append(mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def block(self: Any, node: nodes.math_block) -> None:
    """Write a formula that stands alone."""
    self.body.append(f'<div class="math">{mathml(node.astext(), as_block=True)}</div>\n')
    raise nodes.SkipNode


def outputs(_app: Any, doctree: nodes.document) -> None:
    """Write the formulas within outputs of a notebook."""
    for node in doctree.findall(nodes.raw):
        if node["format"] == "html":
            text = SHOWN.sub(
                lambda found: mathml(unescape(found[1]), as_block=False), node.astext()
            )
            node[:] = [nodes.Text(text)]


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx what is here."""
    pairs = {"inline_renderers": (inline, None), "block_renderers": (block, None)}
    app.add_html_math_renderer("mathml", **pairs)
    app.connect("doctree-read", outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
