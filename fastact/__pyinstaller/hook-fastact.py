"""What a frozen program needs of fastact beside the modules that `import fastact` names.

A first call imports the compiler by names in strings, and reads `pool.ll` and `glue.ll`. The
sources, and `_version.py` of Numba and llvmlite, are what the names of entries in the store are
made from: without them a frozen program works, but compiles anew in each process.
"""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

COMMAND_LINE = ("cli", "benchmarks", "verification")  # takes packages that programs do without


def wanted(name: str) -> bool:
    """Whether a program may need a module."""
    return name.split(".")[1:2] not in [[each] for each in (*COMMAND_LINE, "__main__")]


hiddenimports = collect_submodules("fastact", filter=wanted)
datas = collect_data_files("fastact", include_py_files=True)
for package in ("numba", "llvmlite"):
    datas += collect_data_files(package, include_py_files=True, includes=["_version.py"])
