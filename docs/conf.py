"""How Sphinx makes the documentation site: ``tox -e docs``, or ``sphinx-build -W docs build/docs``.

The pages of functions and the reference are made from the declarations by `pages.py`, formulas
become MathML by `formulas.py`, so that a page loads nothing from the network.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # our extensions
sys.path.append(str(HERE.parent))  # tests/peers/table.py; an installed fastact comes before ours

import fastact as fa  # noqa: E402  # after the path

project = "fastact"
author = "The fastact developers"
release = version = fa.__version__
copyright = author  # noqa: A001  # Sphinx's name

extensions = ["myst_nb", "sphinx_copybutton", "formulas", "mermaid", "pages"]
exclude_patterns = ["_static"]
nitpicky = True
default_role = "py:obj"  # of single backticks in docstrings: a link, where there is what is named
nitpick_ignore_regex = [(r"py:.*", r"(?!fastact\.).*")]  # names of other packages and parameters
toc_object_entries = False
python_use_unqualified_type_names = True

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

nb_execution_mode = "off"  # the outputs are committed; a test runs the notebook again

html_theme = "furo"
html_title = f"fastact {release}"
html_static_path = ["_static"]
html_extra_path = ["cells.html"]  # made by benchmarks.py
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_math_renderer = "mathml"
html_copy_source = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
