"""LLVM: object code for this processor, and its way into the process. Numba is not needed."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import struct
from typing import Any

import llvmlite.binding as llvm


def architecture() -> str:
    """The processor's architecture in LLVM's words."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


@functools.cache
def target() -> Any:
    """The processor at hand, or the one that NUMBA_CPU_NAME and NUMBA_CPU_FEATURES name."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    chosen = os.environ.get("NUMBA_CPU_NAME")
    cpu = llvm.get_host_cpu_name() if chosen in (None, "", "host") else chosen
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is None:
        features = llvm.get_host_cpu_features().flatten() if cpu != chosen else ""
    if architecture() == "x86_64":  # LLVM halves the vectors of some processors with AVX-512
        features += ("," if features else "") + "-prefer-256-bit"
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="default", jit=True
    )


def emit(module: Any) -> bytes:
    """Optimise a module and return its object code."""
    module.triple = llvm.get_process_triple()
    module.data_layout = str(target().target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    passes = llvm.create_pass_builder(target(), options)
    passes.getModulePassManager().run(module, passes)
    return bytes(target().emit_object(module))


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


@functools.cache
def engine(*, together: bool) -> Any:
    """The loader. It is never taken down: threads may be inside its code until the process ends.

    llvmlite's memory manager keeps the sections of an object `together`. LLVM's own may put code
    and constants further apart than an instruction reaches, where another package has mapped
    gigabytes in between, and then LLVM ends the process. Elsewhere the default is right.
    """
    manager = True if together else None
    loader = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target(), use_lmm=manager)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(loader))
    return loader


R_X86_64_PLT32 = 4  # a call of a function outside: the jump to it needs memory that is not reserved


def reaches_constants_only(found: Any) -> bool:
    """Whether an object for x86-64 refers to its own constants, and calls nothing outside."""
    relocations = [s.data() for s in found.sections() if s.name() == b".rela.text"]
    kinds = [kind for data in relocations for _, kind, _, _ in struct.iter_unpack("<QLLq", data)]
    return architecture() == "x86_64" and bool(kinds) and R_X86_64_PLT32 not in kinds


def load(code: bytes, name: str) -> int:
    """Put object code into the process; the address of its function `name`."""
    found = llvm.ObjectFileRef.from_data(code)
    loader = engine(together=reaches_constants_only(found))
    loader.add_object_file(found)
    loader.finalize_object()
    return int(loader.get_function_address(name))


def address(name: str) -> int:
    """The address of a function in code that has been loaded."""
    found = (engine(together=each).get_function_address(name) for each in (True, False))
    return int(next(filter(None, found)))


def assembled(text: str) -> bytes:
    """The object code of a module in LLVM assembly."""
    return emit(llvm.parse_assembly(text))
