"""From Python functions to LLVM modules and object code: the only place with compiler options.

Numba translates a function and all that it calls, another module writes the loop around them, LLVM
inlines the ones into the others, vectorises and emits. Importing this module imports Numba; the
rest of the package does so only when something has to be compiled that the store does not hold.

``fastmath`` is never used: it deletes checks for NaN. ``error_model="numpy"`` always: the other
raises from inside the loop and keeps it from being vectorised.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, SimpleNamespace
from typing import Any

import llvmlite.binding as llvm
from numba import njit
from numba.core import config, errors, types
from numba.core.cgutils import normalize_ir_text
from numba.core.codegen import CodeLibrary, JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager
from numba.core.cpu import CPUContext
from numba.core.registry import cpu_target
from numba.core.types.functions import BaseFunction

from fastact.compiler import inner_loop
from fastact.native import machine_code

OPTIONS = {
    "error_model": "numpy",
    # Said here because Numba would inherit it from a user's function with fast math that calls this
    # one first, and use that version in stored loops too.
    "fastmath": False,
    "nogil": True,
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


# What Numba's errors ask for their looks.
STYLES = ("code", "errmsg", "filename", "indicate", "highlight", "reset")
PLAIN = SimpleNamespace(**dict.fromkeys(STYLES, str))

if machine_code.refused():  # Numba would hand the processor to LLVM, which ends the process
    config.CPU_NAME = config.CPU_FEATURES = None
elif config.CPU_NAME == "host":  # a name that LLVM does not know
    config.CPU_NAME = None


class Pipeline(CompilerBase):
    """Numba's passes without those that find nothing to do in the functions of this package."""

    SKIPPED = frozenset({
        "WithLifting", "InlineClosureLikes", "RewriteDynamicRaises", "MakeFunctionToJitFunction",
        "InlineInlinables", "FindLiterallyCalls", "LiteralUnroll",
        "LiteralPropagationSubPipelinePass", "InlineOverloads", "NopythonRewrites",
        "NoPythonSupportedFeatureValidation", "IRLegalization", "AnnotateTypes",
        "DumpParforDiagnostics",
    })  # fmt: skip

    def define_pipelines(self) -> list[Any]:
        """Name the passes to Numba."""
        passes = PassManager("fastact")
        for each, purpose in DefaultPassBuilder.define_nopython_pipeline(self.state).passes:
            if each.__name__ not in self.SKIPPED:
                passes.add_pass(each, purpose)
        passes.finalize()
        return [passes]

    def _compile_core(self) -> Any:
        """Compile, and keep nothing of how: of each statement Numba has notes, and the types."""
        result = super()._compile_core()
        result.metadata.clear()
        result.fndesc.typemap = result.fndesc.calltypes = None  # as in results that it has cached
        return result


# `_nrt`: functions of this package hold no objects whose references Numba would have to count.
OWN = OPTIONS | {"pipeline_class": Pipeline, "_nrt": False}


def jitted(function: Any, **options: Any) -> Any:
    """Numba's dispatcher, whatever NUMBA_DISABLE_JIT says, which is about the user's functions."""
    with replaced(config, "DISABLE_JIT", 0):
        return njit(**options)(function)


def for_all_numbers(made: Any) -> Any:
    """Compile a function once for all integers, where Numba would do so for each literal."""
    template = made.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return template(tuple(map(plain, args)), kws)

    made.get_call_template = get_call_template
    return made


def plain(ty: Any) -> Any:
    """A type without the values of literals."""
    if isinstance(ty, types.BaseTuple) and not isinstance(ty, types.BaseNamedTuple):
        return types.BaseTuple.from_types(tuple(map(plain, ty.types)))
    return types.unliteral(ty)


def kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """Make something of a function or a kernel once; it is kept there, and goes with it."""
    name = f"_{make.__module__}_{make.__name__}"

    @functools.wraps(make)
    def found(of: Any, *more: Any) -> Any:
        made = vars(of).setdefault("made", {}) if isinstance(of, FunctionType) else of.made
        key = name, of, *more  # a wrapped function may have the attributes of the other
        if key not in made:
            made[key] = make(of, *more)
        return made[key]

    return found


@kept
def dispatcher(function: Callable[..., Any]) -> Any:
    """The Numba dispatcher of a scalar function of this package."""
    return for_all_numbers(jitted(function, **OWN))


@kept
def with_all_of_numba(function: Callable[..., Any]) -> Any:
    """The Numba dispatcher of a function of this package that needs more than `Pipeline` does."""
    _all_of_numba.append(True)
    return jitted(function, **OPTIONS)


@kept
def users_dispatcher(kernel: Any) -> Any:
    """The Numba dispatcher of a kernel that a user wrote, with all that Numba knows."""
    _all_of_numba.append(True)
    return jitted(kernel.function, **OPTIONS)


@kept
def outlined(function: Callable[..., Any]) -> Any:
    """The dispatcher of a function that is too long to be repeated wherever it is called."""
    return for_all_numbers(jitted(function, **OWN | {"forceinline": False}))


class Fragment(JITCodeLibrary):
    """The LLVM code of one Numba function, which is neither linked, optimised nor loaded.

    Numba links each function with copies of all that it calls, optimises the whole, and hands it to
    its loader: for functions that call functions this takes most of the time, and nobody needs it.
    Only a function that Python calls, or that a user's ``@njit`` function calls, is `loaded`.
    """

    def __init__(self, codegen: Any, name: str) -> None:
        CodeLibrary.__init__(self, codegen, name)
        self.called: list[Any] = []
        self._linking_libraries = self.called
        self._shared_module = None
        self._environments: list[tuple[str, Any]] = []
        self.text = ""

    def add_ir_module(self, ir_module: Any) -> None:
        """Keep the code as text."""
        text = normalize_ir_text(str(ir_module))
        self.text = joined(self.text, text) if self.text else text

    def add_linking_library(self, library: Any) -> None:
        """Remember what is called."""
        self._linking_libraries.append(library)

    def _ensure_finalized(self) -> None:
        """Leave it as it is, where Numba would link and load."""

    def loaded(self) -> None:
        """Link, optimise and load the function as Numba would have done at once."""
        if not self._finalized:
            self._final_module = llvm.parse_assembly(self.text)
            self.finalize()
            for name, environment in self._environments:
                self._codegen.set_env(name, environment)

    def _get_module_for_linking(self) -> Any:
        """Return the loaded module, which a user's compiled function links with."""
        self.loaded()
        return super()._get_module_for_linking()

    def get_pointer_to_function(self, name: str) -> int:
        """Return the address of a wrapper that Python calls, or 0 if there is none."""
        if name not in self.text:
            return 0
        self.loaded()
        return int(super().get_pointer_to_function(name))

    @property
    def codegen(self) -> Any:
        """Return what Numba tells the addresses of environments."""
        return self._codegen if self._finalized else self

    def set_env(self, name: str, environment: Any) -> None:
        """Keep what code finds in memory until it is loaded."""
        self._environments.append((name, environment))


def joined(*modules: str) -> str:
    """The modules as one."""
    module = llvm.parse_assembly(modules[0])
    for each in modules[1:]:
        module.link_in(llvm.parse_assembly(each))
    return str(module)


def texts(library: Any) -> list[str]:
    """The LLVM code of a function and of all that it calls, each once."""
    found: dict[Any, str] = {}

    def visit(library: Any) -> None:
        """Add the code of a library and of those it calls."""
        if library in found:
            return
        if isinstance(library, Fragment):
            found[library] = library.text
            for each in library.called:
                visit(each)
        else:  # Numba's own, or one that was compiled for a user's function before
            found[library] = str(library._get_module_for_linking())  # as Numba links it

    visit(library)
    return list(found.values())


def remembering() -> Any:
    """Numba's search for the signature of a call, made once for the same types.

    Numba tries all that it has under an operator's name, those for arrays too, each time that the
    operator stands somewhere.
    """
    search, found = BaseFunction.get_call_type, {}

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        key = self, tuple(args), tuple(kws.items())
        if key not in found:
            signature = search(self, context, args, kws)
            found[key] = signature, self.get_impl_key(signature)
        signature, self._impl_keys[signature.args] = found[key]
        return signature

    return get_call_type


def what_is_needed(context: Any) -> None:
    """Load what Numba knows: all of it takes a third of a second, of which we need little."""
    if _all_of_numba or LAST in sys.modules:
        load_all(context)
        return
    # These tell Numba's registries what they know when they are imported.
    from numba.core import optional  # noqa: F401  # imported for that
    from numba.core.runtime import rtsys
    from numba.cpython import builtins, mathimpl, numbers, rangeobj, tupleobj  # noqa: F401  # too

    rtsys.initialize(context)
    context.install_registry(mathimpl.registry)


load_all = CPUContext.load_additional_registries
# A module that Numba imports when it loads all, as for a function of the user's. From then on it
# lowers `min`, for one, only if the context is told all, too.
LAST = "numba.np.linalg"
_all_of_numba: list[bool] = []  # whether a function has been compiled that may need more


@contextmanager
def loading_what_is_needed() -> Iterator[None]:
    """Let Numba, which compiles or is told something, load what functions of this package need."""
    with (
        global_compiler_lock,
        replaced(CPUContext, "load_additional_registries", what_is_needed),
    ):
        yield


@contextmanager
def in_fragments() -> Iterator[None]:
    """Let Numba translate functions to LLVM and stop there; `link` does the rest."""
    context = cpu_target.target_context
    codegen, kind = context.codegen(), type(context)
    with loading_what_is_needed():
        # This may compile functions that Numba itself needs, so it comes before the changes.
        with replaced(codegen, "_library_class", JITCodeLibrary):
            context.refresh()
        with (
            replaced(config, "DISABLE_JIT", 0),
            # What it remembers of constants would keep the type of every function for ever.
            replaced(context._get_constants, "_cache", {}),
            # It asks LLVM for the size of each variable's type, each time by way of a module.
            replaced(kind, "get_abi_sizeof", functools.cache(kind.get_abi_sizeof)),
            replaced(codegen, "_library_class", Fragment),
            replaced(BaseFunction, "get_call_type", remembering()),
            # It raises and catches thousands of errors, and sets the words of each in bold.
            replaced(errors, "_termcolor_inst", PLAIN),
        ):
            yield


@contextmanager
def replaced(holder: Any, name: str, value: Any) -> Iterator[None]:
    """Let an attribute of Numba's have another value, under the lock that it compiles under."""
    saved = getattr(holder, name)
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, saved)


def compiled(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Numba's result for a dispatcher and the types of its arguments, for `link`."""
    with in_fragments():
        _, _, folded, _ = function.get_call_template(arguments, {})
        return function.overloads[tuple(folded)]


def link(name: str, text: str, *libraries: Any, as_written: bool = False) -> bytes:
    """Inline the functions of `libraries` into the loop, optimise, and emit."""
    module = linked(name, text, *libraries)
    if any(is_users(function.name) for function in module.functions):
        tried = linked(name, inner_loop.tentative(text), *libraries)
        machine_code.optimise(tried)
        if inner_loop.is_left(str(tried)):
            return machine_code.object_code(tried)
    return machine_code.emit(module, as_written=as_written)


def is_users(name: str) -> bool:
    """Whether a function that Numba has compiled is of a user's, by its name in LLVM."""
    return name.startswith("_ZN") and not name.startswith(("_ZN7fastact", "_ZN5numba"))


def linked(name: str, text: str, *libraries: Any) -> Any:
    """The module of a loop and the functions of `libraries`: `outlined` ones stay functions.

    Only the loop `name` and its variants, whose names begin with it, can be seen from outside.
    """
    module = llvm.parse_assembly(text)
    for each in dict.fromkeys(text for library in libraries for text in texts(library)):
        module.link_in(llvm.parse_assembly(each))
    for function in module.functions:
        if not (function.is_declaration or function.name.startswith(name)):
            function.linkage = llvm.Linkage.internal
            inlined = any(b"alwaysinline" in several for several in function.attributes)
            if function.name.startswith("_ZN") and not inlined:
                function.add_function_attribute("noinline")
    for variable in module.global_variables:  # Numba's records of environments, which go unread
        if not variable.is_declaration:
            variable.linkage = llvm.Linkage.internal
    return module
