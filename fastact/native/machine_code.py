"""LLVM: object code for this processor, and its way into the process. Numba is not needed."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import struct
import sys
import warnings
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite.binding import ffi, newpassmanagers

from fastact.native.immortal import immortal
from fastact.native.loading import refuse_reload
from fastact.native.processor import CHOSEN

refuse_reload(globals())


def architecture() -> str:
    """The processor's architecture in LLVM's words."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


@functools.cache
def target(model: str = "default") -> Any:
    """LLVM's target machine for the processor at hand.

    In code of the model "large", what is called or read may be at any distance.
    """
    return machine(*processor(), model)


@functools.cache
def processor() -> tuple[str, str]:
    """The processor at hand, or the one that NUMBA_CPU_NAME and NUMBA_CPU_FEATURES name."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = (None if refused() else os.environ.get(each) for each in CHOSEN)
    cpu = llvm.get_host_cpu_name() if name in (None, "", "host") else name
    if features is None:
        features = llvm.get_host_cpu_features().flatten() if cpu != name else ""
    if architecture() == "x86_64":  # without this LLVM halves the vectors of some with AVX-512
        features += ("," if features else "") + "-prefer-256-bit"
    return cpu, features


def machine(cpu: str, features: str, model: str = "default") -> Any:
    """LLVM's target machine for a processor."""
    reloc = "static" if model == "large" else "pic"
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=cpu, features=features, opt=3, reloc=reloc, codemodel=model, jit=True
    )


def refused() -> bool:
    """Whether the variables that choose a processor are ignored, with a warning.

    LLVM only writes to standard error that it does not know a processor; it ends the process later,
    when it is to make code for it.
    """
    wrong = complaint()
    if wrong and not _warned:
        _warned.append(True)
        given = " and ".join(
            f"{each}={os.environ[each]!r}" for each in CHOSEN if each in os.environ
        )
        warnings.warn(f"fastact ignores {given}: {wrong}", stacklevel=2)
    return bool(wrong)


_warned: list[bool] = []


@functools.cache
def complaint() -> str:
    """What is wrong with the variables that choose a processor; empty if nothing is."""
    name, features = (os.environ.get(each) or "" for each in CHOSEN)
    if name in ("", "host") and not features:
        return ""
    if any(item[0] not in "+-" for item in features.split(",") if item):
        return "features begin with + or -"
    llvm.initialize_native_target()
    cpu = llvm.get_host_cpu_name() if name in ("", "host") else name
    return said(lambda: machine(cpu, features)).partition("\n")[0]


def said(call: Callable[[], Any]) -> str:
    """What native code writes to standard error during a call."""
    try:
        before = os.dup(2)
    except OSError:  # there is none
        return ""
    import tempfile

    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            call()
        finally:
            os.dup2(before, 2)
            os.close(before)
        aside.seek(0)
        return aside.read().decode(errors="replace")


def emit(module: Any, *, as_written: bool = False) -> bytes:
    """Optimise a module and return its object code."""
    optimise(module, as_written=as_written)
    return object_code(module)


def optimise(module: Any, *, as_written: bool = False) -> None:
    """Optimise a module: vectorise and unroll loops, unless they are to stay as they are written.

    LLVM writes to standard error where it cannot vectorise a loop that is to be vectorised.
    """
    module.triple = llvm.get_process_triple()
    module.data_layout = str(target().target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.loop_unrolling = not as_written
    passes = llvm.create_pass_builder(target(), options)
    # Inlining comes first: else small functions are optimised apart from the loops they belong to.
    inlining = llvm.create_new_module_pass_manager()
    inlining.add_always_inliner_pass()
    inlining.add_global_dead_code_eliminate_pass()
    for manager in (inlining, passes.getModulePassManager()):
        manager.run(module, passes)
        dispose(manager)


def object_code(module: Any) -> bytes:
    """The object code of a module that is optimised."""
    kept = module.clone()
    code = bytes(target().emit_object(module))
    if is_elf_of_x86_64() and calls_outside(llvm.ObjectFileRef.from_data(code)):
        code = bytes(target("large").emit_object(kept))
    return code


def dispose(manager: Any) -> None:
    """Free a pass manager, 100 KB, where llvmlite does not.

    Of its two base classes the first one has a method that frees nothing.
    """
    if type(manager)._dispose is ffi.ObjectRef._dispose:
        newpassmanagers.NewPassManager._dispose(manager)


FUSED = """
declare double @llvm.fma.f64(double, double, double)
define double @f(double %x, double %y, double %z) {
  %r = call double @llvm.fma.f64(double %x, double %y, double %z)
  ret double %r
}
"""


@functools.cache
def fuses() -> bool:
    """Whether the processor has a fused multiply-add: else LLVM calls that of libm."""
    return b"fma\0" not in assembled(FUSED)


SUM = """
define <16 x float> @f(<16 x float> %x, <16 x float> %y) {
  %r = fadd <16 x float> %x, %y
  ret <16 x float> %r
}
"""


@functools.cache
def has_512_bits() -> bool:
    """Whether sixteen float32 are one vector to the processor."""
    return "zmm" in target().emit_assembly(llvm.parse_assembly(SUM))


@functools.cache
def engine(*, together: bool) -> Any:
    """The loader of code that stays until the process ends, as threads may be inside it."""
    return new_engine(together=together)


def new_engine(*, together: bool) -> Any:
    """A loader, which is taken down by `loader.give_back` alone: not when the interpreter ends.

    llvmlite's memory manager keeps the sections of an object `together`. LLVM's own may put code
    and constants further apart than an instruction reaches, where gigabytes are mapped in between,
    and then LLVM ends the process. On other systems and processors the default is right.
    """
    manager = True if together else None
    empty = llvm.parse_assembly("")
    return immortal(llvm.create_mcjit_compiler(empty, machine(*processor()), use_lmm=manager))


def is_elf_of_x86_64() -> bool:
    """Whether object code of this machine is ELF for x86-64."""
    return architecture() == "x86_64" and sys.platform.startswith("linux")


# A relocation of ELF: the call of a function outside the object, by its distance. It goes by way of
# a jump, for which llvmlite's memory manager reserves no memory.
R_X86_64_PLT32 = 4


def calls_outside(found: Any) -> bool:
    """Whether an object for x86-64 calls what may be anywhere."""
    relocations = [s.data() for s in found.sections() if s.name() == b".rela.text"]
    kinds = (kind for data in relocations for _, kind, _, _ in struct.iter_unpack("<QLLq", data))
    return R_X86_64_PLT32 in kinds


UNDEFINED = 0  # SHN_UNDEF of ELF: the section of a symbol that an object lacks


def loadable(code: bytes, name: str) -> bool:
    """Whether this is object code that has the function `name` and lacks nothing.

    LLVM ends the process if it has to load code that calls what is nowhere. What is read here is
    ELF; of other systems' object code, only its sections.
    """
    if not code.startswith(b"\x7fELF") and sys.platform.startswith("linux"):
        return False
    try:
        names = symbols(code)
    except (RuntimeError, struct.error, ValueError):
        return False
    lacking = wanted(names)
    defined = not names or (name in names and name not in lacking)
    engine(together=False)  # before there is a loader, LLVM does not look into the process
    return defined and all(llvm.address_of_symbol(symbol) for symbol in lacking)


def symbols(code: bytes) -> dict[str, int]:
    """The symbols of object code in ELF, and the number of the section that each is in."""
    sections = {s.name(): s.data() for s in llvm.ObjectFileRef.from_data(code).sections()}
    found = struct.iter_unpack("<IBBHQQ", sections.get(b".symtab", b""))
    return {_text(sections.get(b".strtab", b""), at): home for at, _, _, home, _, _ in found}


def wanted(names: dict[str, int]) -> set[str]:
    """The symbols that an object lacks."""
    return {symbol for symbol, home in names.items() if home == UNDEFINED and symbol}


def resolve(names: set[str]) -> None:
    """Let LLVM find in these names what this process does, as it does where there is no Numba.

    Numba tells it of the C library's functions as they were when Numba was built: an older `fmod`
    leaves a flag behind, of which NumPy warns.
    """
    process = ctypes.CDLL(None)
    for name in names:
        if hasattr(process, name):
            llvm.add_symbol(name, ctypes.cast(process[name], ctypes.c_void_p).value)


def _text(strings: bytes, at: int) -> str:
    """Return the string that begins at a place in an ELF table of strings."""
    return strings[at : strings.index(b"\0", at)].decode()


def load(code: bytes, *, apart: bool = False) -> Any:
    """The loader that has put object code into the process: one of its own for code `apart`."""
    found = llvm.ObjectFileRef.from_data(code)
    loader = (new_engine if apart else engine)(
        together=is_elf_of_x86_64() and not calls_outside(found)
    )
    if apart and is_elf_of_x86_64():
        resolve(wanted(symbols(code)))
    loader.add_object_file(found)
    loader.finalize_object()
    return loader


def assembled(text: str) -> bytes:
    """The object code of a module in LLVM assembly."""
    return emit(llvm.parse_assembly(text))
