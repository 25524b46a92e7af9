"""A Sphinx extension: a page for each public function, and the reference, made from declarations.

Before Sphinx reads the sources, `write` fills the folders ``functions/`` and ``reference/``, which
git ignores. Nothing is written twice: the text is the docstring, the numbers are those of
``fastact/ulps.json``, the pictures those of ``fastact plot``.
"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import benchmarks
import pictures
import replacing
import ulps
from contents import groups
from docutils import nodes
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import NumpyDocstring
from sphinx.util.docutils import SphinxDirective

import fastact as fa
from fastact.benchmarks import summary
from fastact.catalogue import catalogue
from fastact.definition import html
from fastact.definition.declaration import ORDERS
from fastact.verification import record

# What is interface of a function that is not elementwise; the rest of its attributes is not.
MEMBERS = (
    "split",
    "backward",
    "jvp",
    "jacobian",
    "sequences",
    "value_and_grad",
    "gradient_and_hessian",
)
# The members of an activation that are called, and one that has them all.
METHODS = (
    "derivative",
    "second_derivative",
    "value_and_derivative",
    "backward",
    "backward_params",
    "forward_with_mask",
    "with_params",
)
EXAMPLE = fa.leaky_relu
NAPOLEON = Config(napoleon_use_param=False, napoleon_use_rtype=False)
FACT = re.compile(r"^([A-Z][a-z ]+): (?=\S)", re.MULTILINE)
CODE = re.compile(r"``.*?``|^\s*(?:>>>|\.\.\.|\.\. ).*$", re.MULTILINE)
Lines = Iterable[str]


# ---------------------------------------------------------------- reStructuredText
def indented(lines: Lines, by: int = 3) -> str:
    """The lines as the content of a directive."""
    return textwrap.indent("\n".join(lines), " " * by)


def heading(text: str, mark: str = "=") -> str:
    """A heading."""
    return f"{text}\n{mark * len(text)}\n"


def table(title: str, head: list[str], rows: Iterable[list[str]]) -> str:
    """A table, or nothing if it has no rows."""
    body: list[str] = []
    for row in [head, *rows]:
        body += [f"{'* -' if k == 0 else '  -'} {cell}".rstrip() for k, cell in enumerate(row)]
    if len(body) == len(head):
        return ""
    return f".. list-table:: {title}\n   :header-rows: 1\n   :align: left\n\n{indented(body)}\n"


def escaped(text: str) -> str:
    """The text with bars escaped that are absolute values, which RST takes for substitutions."""
    parts, end = [], 0
    for code in CODE.finditer(text):
        parts += [text[end : code.start()].replace("|", r"\|"), code[0]]
        end = code.end()
    return "".join([*parts, text[end:].replace("|", r"\|")])


def facts(text: str) -> str:
    """The notes of a docstring, with each line ``Limits: …`` as an item of a list."""
    head, mark, rest = text.partition("\nNotes\n-----\n")
    if not mark:
        return text
    notes, *after = re.split(r"\n(?=\w+\n---+\n)", rest, maxsplit=1)
    first, *items = re.split(r"\n(?=[A-Z][a-z ]+: \S)", "\n" + notes)
    listed = ["* " + FACT.sub(r"**\1:** ", item.strip()).replace("\n", "\n  ") for item in items]
    return "\n".join([head + mark + first.strip(), "", *listed, "", *after])


def rendered(text: str) -> str:
    """A docstring as reStructuredText."""
    told = facts(escaped(inspect.cleandoc(text)))
    told = re.sub(r"\n(Error|Kinks|Source): ", r"\n\n**\1:** ", told)  # outside of the notes
    return str(NumpyDocstring(told, NAPOLEON, what="function"))


class Text(str):
    """An annotation as it is written in the source, without the quotes of its `repr`."""

    __slots__ = ()
    __repr__ = str.__str__


def signature(function: Any) -> str:
    """The signature as one reads it; the annotation Any says nothing and is left out."""
    found, empty = inspect.signature(function), inspect.Parameter.empty

    def told(annotation: Any) -> Any:
        return empty if annotation in {empty, "Any", "None"} else Text(annotation)

    params = [p.replace(annotation=told(p.annotation)) for p in found.parameters.values()]
    return str(found.replace(parameters=params, return_annotation=told(found.return_annotation)))


def described(kind: str, name: str, function: Any, content: Lines) -> str:
    """An entry of the reference, to which other pages link."""
    head = f".. py:{kind}:: "
    names = [name, *getattr(getattr(function, "declaration", None), "aliases", ())]
    calls = f"\n{' ' * len(head)}".join(each + signature(function) for each in names)
    return "\n".join([head + calls, "   :module: fastact", "", indented(content), ""])


# ---------------------------------------------------------------- the page of a function
def page(entry: Any, recorded: record.Record) -> str:
    """The page of a public function."""
    f, name = entry.function, entry.name
    summary, _, rest = rendered(f.__doc__).partition("\n\n")
    formula, rest = leading_formula(rest)
    if not formula and (known := html.formula_of(f)):
        formula = f".. math:: {known}\n"
    alt = pictures.alt(entry)
    picture = f".. image:: {name}.svg\n   :alt: {alt}\n   :width: 100%\n"
    body = [summary, "", formula, "", picture, "", rest]
    parts = [heading(name), described("function", name, f, body)]
    parts += activation(f, recorded) if entry.kind == "elementwise" else members(f, recorded)
    parts += speed(name) if entry.benchmarks else ()
    return "\n".join(parts)


def leading_formula(text: str) -> tuple[str, str]:
    """The formula with which a docstring begins, and what follows it."""
    if not text.lstrip().startswith(".. math::"):
        return "", text
    formula, _, rest = text.lstrip().partition("\n\n")
    return formula, rest


def activation(f: Any, recorded: record.Record) -> Iterator[str]:
    """What the page of an activation has beside its docstring."""
    yield heading("Members", "-")
    absent = {
        "backward_params": not any(p.partial for p in f.params),
        "forward_with_mask": f.declaration.masked is None,
        "with_params": not f.params,
    }
    there = (name for name in METHODS if not absent.get(name))
    links = (f":py:obj:`~fastact.Activation.{name}`" for name in there)
    yield f"{', '.join(links)}: see :py:obj:`fastact.Activation`.\n"
    yield heading("Errors that were found", "-")
    yield "In ulp, for the default parameters; 0.5 is correctly rounded. See :doc:`/ulps`.\n"
    yield table("", ["dtype", "of", "error", "bound", "at", "inputs"], errors(f, recorded))
    if choices := [c.cells()[1:] for c in fa.conventions() if c.function == f.name]:
        yield heading("Conventions", "-")
        yield table("", ["what", "here", "elsewhere"], choices)
    if calls := [line[1:] for line in replacing.calls() if line[0] == f.name]:
        yield heading("The same elsewhere", "-")
        rows = [[package, f"``{there}``", f"``{here}``"] for package, there, here in calls]
        yield table("", ["package", "there", "here"], rows)


def errors(f: Any, recorded: record.Record) -> Iterator[list[str]]:
    """The rows of the table of errors; along an axis, results are counted and not inputs."""
    for dtype, functions in recorded.items():
        for variety, found in functions.get(f.name, {}).items():
            words = ulps.line(f.name, variety, dtype, found)
            at = words[4].replace("`", "``")
            count = words[6] if f.name in fa.activations else f"{found['inputs']:,}"
            yield [dtype, words[1], words[2], words[3], at, count]


def members(f: Any, recorded: record.Record) -> Iterator[str]:
    """What the page of another function has beside its docstring."""
    for name in MEMBERS:
        if member := getattr(f, name, None):
            yield described("function", f"{f.name}.{name}", member, [rendered(member.__doc__)])
    if rows := [*errors(f, recorded)]:
        yield heading("Errors that were found", "-")
        yield "In ulp, on drawn rows. See :doc:`/ulps`.\n"
        yield table("", ["dtype", "of", "error", "bound", "at", "results"], rows)


CELLS = Path(__file__).with_name("cells.html")
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def speed(name: str) -> Iterator[str]:
    """What the committed report on speed has of a function."""
    found = DATA.search(CELLS.read_text(encoding="utf-8"))
    run = json.loads(found[1])["run"] if found else {"cells": []}
    mine = [cell for cell in run["cells"] if cell["function"] == name]
    yield heading("Speed", "-")
    if alone := [cell for cell in mine if not cell.get("ratio")]:
        times = ", ".join(map(time, alone))
        yield f"In these nothing else was measured that does the same: {times}.\n"
    if cells := [cell for cell in mine if cell.get("ratio")]:
        yield (
            "Time of the best peer over that of fastact: above 1 fastact is faster; and the"
            " largest errors of both on what was timed. See :doc:`/benchmarks`.\n"
        )
        head = ["of", "dtype", "shape", "best peer", "ratio", "quartiles"]
        yield table("", [*head, "ulp, peer", "ulp, fastact"], map(row, cells))


def row(cell: dict[str, Any]) -> list[str]:
    """A measured cell that has a peer."""
    low, middle, high = (f"{each:.2f}" for each in cell["ratio"])
    errors = (benchmarks.ulp(cell["runners"][name][-1]) for name in (cell["best"], "fastact"))
    return [*measured(cell), cell["best"], middle, f"{low} to {high}", *errors]


def measured(cell: dict[str, Any]) -> list[str]:
    """What was measured: variety, with the threads if they are not all, dtype and shape."""
    shape = " × ".join(map(str, cell["shape"]))
    threads = f" on {cell['threads']} thread" if cell["threads"] else ""
    return [cell["variety"].replace("_", " ") + threads, cell["dtype"], shape]


def time(cell: dict[str, Any]) -> str:
    """How long fastact takes."""
    return f"{' '.join(measured(cell))} in {summary.seconds(cell['runners']['fastact'][1])}"


# ---------------------------------------------------------------- all functions
def index() -> Iterator[str]:
    """The page that lists all functions."""
    yield heading("All functions")
    yield (
        "A page each: formula, picture, limits, derivative at kinks, errors, what backward needs.\n"
        "The pictures of a family on one sheet are in :doc:`/gallery`.\n"
    )
    for title, entries in groups().items():
        yield heading(title, "-")
        rows = [[f":doc:`{e.name}`", first(e.function)] for e in entries]
        yield table("", ["function", "what it is"], rows)
        yield f".. toctree::\n   :hidden:\n\n{indented(e.name for e in entries)}\n"


def first(function: Any) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(escaped(inspect.cleandoc(function.__doc__).split("\n\n")[0]).split())


# ---------------------------------------------------------------- the reference
OTHERS = {
    "Your own": ["activation"],
    "Judging": ["check", "diagnose", "conventions"],
    "Threads": ["num_threads", "set_num_threads", "get_num_threads"],
}
ATTRIBUTES = {
    "name": "str: what it is called.",
    "formula": "str: its formula in LaTeX.",
    "params": "tuple of Parameter: name, default, and the range where the error bound holds.",
    "kinks": "tuple of Kink: where the derivative jumps, and the value that it is given there.",
    "from_output": "bool: whether ``backward(dy, y=y)`` is there.",
    "max_ulp": "dict: the bound of the error by dtype and variety, in ulp.",
    "ufunc": "numpy.ufunc: what computes; every member that is called has its own.",
}


def reference() -> Iterator[str]:
    """The page of the whole interface."""
    yield heading("Reference")
    yield (
        "Everything is in ``fastact``, which is imported as ``fa``. Annotations: ``Array`` is\n"
        "anything that :py:obj:`numpy.asarray` takes, and a container of :doc:`/containers`;\n"
        "``Axis`` is an int, a tuple of ints or None. The package is typed (PEP 561): what a\n"
        "call gives for each argument is in ``fastact/definition/interfaces.pyi``. A variable for\n"
        "one activation or another is annotated with :py:obj:`fastact.Activation`, whose calls\n"
        "take any parameters; the functions of this page take their own alone.\n"
    )
    yield heading("Functions", "-")
    yield ".. toctree::\n   :maxdepth: 2\n\n   /functions/index\n"
    yield (
        ".. py:data:: activations\n   :module: fastact\n\n"
        "   From names to activations: a read-only mapping in the order of the documentation.\n"
    )
    yield from the_class()
    for title, names in OTHERS.items():
        yield heading(title, "-")
        yield from (entry_of(name) for name in names)
    yield from dask_and_njit()


def entry_of(name: str) -> str:
    """The entry of a function that is not in the catalogue."""
    function = getattr(fa, name)
    parts = [described("function", name, function, [rendered(inspect.getdoc(function) or "")])]
    if name == "check":
        doc = rendered(inspect.getdoc(fa.CheckError) or "")
        parts.append(f".. py:exception:: CheckError\n   :module: fastact\n\n{indented([doc])}\n")
    return "\n".join(parts)


def the_class() -> Iterator[str]:
    """The class of activations, with its members as one activation shows them."""
    yield heading("The class of activations", "-")
    doc = rendered(inspect.getdoc(fa.Activation) or "")
    yield f".. py:class:: Activation\n   :module: fastact\n\n{indented([doc])}\n"
    yield f"   The members are those of ``fastact.{EXAMPLE.name}``, which has all of them.\n"
    for name, text in ATTRIBUTES.items():
        kind, _, what = text.partition(": ")
        head = f".. py:attribute:: {name}\n   :type: {kind}\n\n"
        yield textwrap.indent(f"{head}   {what[0].upper()}{what[1:]}\n", "   ")
    for name in METHODS:
        member = getattr(EXAMPLE, name)
        head = f".. py:method:: {name}{signature(member)}\n\n"
        yield textwrap.indent(head + indented([rendered(member.__doc__)]), "   ") + "\n"


def dask_and_njit() -> Iterator[str]:
    """The modules beside the package itself."""
    yield heading("Dask", "-")
    for name in fa.dask.__all__:
        member = getattr(fa.dask, name)
        yield described("function", f"dask.{name}", member, [rendered(member.__doc__ or "")])


class Recorded(SphinxDirective):
    """The directive: on how many inputs the errors of each dtype are recorded."""

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        head = ["dtype", "of", "judged on all inputs", "on a sample", "smallest sample"]
        return self.parse_text_to_nodes(table("", head, samples(record.read())))


def samples(recorded: record.Record) -> Iterator[list[str]]:
    """How many functions are judged on all inputs, how many on a sample, and the smallest one."""
    for dtype, functions in recorded.items():
        for variety in ORDERS:
            found = [functions[name][variety] for name in fa.activations]
            part = [f["inputs"] for f in found if not ulps.everything(f, dtype)]
            least = f"{min(part):,}" if part else ""
            whole = str(len(found) - len(part))
            yield [dtype, variety.replace("_", " "), whole, str(len(part)), least]


def write(app: Any) -> None:
    """Write all pages and pictures; what has not changed keeps its time."""
    recorded = record.read()
    functions, texts = Path(app.srcdir) / "functions", {"index.rst": "\n".join(index())}
    texts |= {f"{e.name}.rst": page(e, recorded) for e in catalogue.values()}
    keep(functions, texts)
    keep(Path(app.srcdir) / "reference", {"index.rst": "\n".join(reference())})
    for entry in catalogue.values():
        pictures.draw(entry, functions / f"{entry.name}.svg")


def keep(folder: Path, texts: dict[str, str]) -> None:
    """Write the files of a folder that are new, and remove those that are no more."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.rst"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx what is here."""
    app.connect("builder-inited", write)
    app.add_directive("replacing", replacing.Table)
    app.add_directive("recorded", Recorded)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
