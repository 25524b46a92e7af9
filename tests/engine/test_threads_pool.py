"""The pool's C code: what is made of it, where its fields are, and its protocol under a checker.

``pool_stress.c`` beside this file is the program that ThreadSanitizer watches.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from fastact.native import pool, pool_layout, threads
from tests.support.c_code import FLAGS, check_facts, compilers, needs_compiler, source

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no pool elsewhere")
SOURCE = source("pool")
STRESS = Path(__file__).with_name("pool_stress.c")

# ---- what is made of pool.c ----


@pytest.mark.parametrize("machine", pool.PAUSES)
def test_code_is_closed(machine: str) -> None:
    """It needs no symbol but LLVM's intrinsics, which become instructions."""
    module = pool.module(machine)
    module.verify()
    declared = [f.name for f in module.functions if f.is_declaration]
    assert declared
    assert all(symbol.startswith("llvm.") for symbol in declared)
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(f"{machine}-unknown-linux-gnu").create_target_machine(opt=2)
    passes = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
    module.triple, module.data_layout = target.triple, str(target.target_data)
    passes.getModulePassManager().run(module, passes)
    assert [f.name for f in module.functions if f.linkage.name == "external"] == [
        "fastact_pool_native",
        *(f.name for f in module.functions if f.is_declaration),
    ]
    assembly = target.emit_assembly(module)
    assert {"x86_64": "\tpause", "aarch64": "\tyield"}[machine] in assembly
    assert not any(symbol in assembly for symbol in ("memcpy", "memset", "memmove", "__aarch64"))


@linux
@needs_compiler
def test_fields_are_where_c_puts_them(tmp_path: Path) -> None:
    """For any compiler, and not only for the one that the table comes from."""
    places = [(f"struct block, {name}", at) for name, at in pool.FIELDS.items()]
    places += [(f"struct block, libc.{name}", at) for name, at in pool.LIBC.items()]
    places += [(f"struct slot, {name}", at) for name, at in pool.SLOT.items()]
    facts = {f"offsetof({place})": at for place, at in places}
    facts |= {"sizeof(struct slot)": pool.SLOT_SIZE, "MAX_THREADS": pool_layout.MAX_THREADS}
    check_facts("pool", facts, tmp_path)


def test_fields_do_not_overlap() -> None:
    starts = [*pool.FIELDS.values(), *pool.LIBC.values()]
    assert len(set(starts)) == len(starts)
    assert all(at % 8 == 0 for at in starts)
    assert pool.FIELDS["owner"] % 2**16 == 0  # the largest page
    assert threads.block() % 64 == 0


# ---- the protocol ----


def build(folder: Path, source: str, *options: str) -> Path:
    """The program that uses a pool as many callers do, from a version of pool.c."""
    (folder / "pool.c").write_text(source)
    out = folder / "pool_stress"
    command = [*options, *FLAGS, "-pthread", "-I", folder, STRESS, "-o", out]
    subprocess.run(command, check=True)
    return out


def run(program: Path, *start: str) -> subprocess.CompletedProcess:
    halt = {"TSAN_OPTIONS": "halt_on_error=1:exitcode=66"}
    return subprocess.run(
        [*start, program, "1000"],
        env=os.environ | halt,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# Whether workers meet callers is up to the scheduler: on a busy machine a run may show nothing.
RUNS = 20


@pytest.fixture(scope="module")
def sanitizer(tmp_path_factory) -> tuple[list[str], list[str]]:
    """A compiler whose ThreadSanitizer works here, and what its programs must be started with.

    Older ones do not bear how far apart newer kernels place things at random.
    """
    folder = tmp_path_factory.mktemp("sanitizer")
    (folder / "empty.c").write_text("int main(void) { return 0; }\n")
    starts: list[list[str]] = [[], *([["setarch", "-R"]] if shutil.which("setarch") else [])]
    for compiler in compilers():
        options = [compiler, "-O1", "-g", "-fsanitize=thread"]
        options += ["-Wno-tsan"] if compiler == "gcc" else []  # that it does not follow fences
        command = [*options, folder / "empty.c", "-o", folder / "empty"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            continue
        for start in starts:
            command = [*start, folder / "empty"]
            if not subprocess.run(command, capture_output=True, check=False).returncode:
                return options, start
    pytest.skip("no compiler here has a ThreadSanitizer that works")


@linux
@needs_compiler
def test_every_element_once(tmp_path: Path) -> None:
    done = run(build(tmp_path, SOURCE, compilers()[0], "-O2"))
    assert (done.returncode, done.stderr) == (0, "")


@linux
@needs_compiler
def test_no_race(tmp_path: Path, sanitizer: tuple[list[str], list[str]]) -> None:
    options, start = sanitizer
    program, counts = build(tmp_path, SOURCE, *options), []
    for _ in range(RUNS):
        done = run(program, *start)
        assert (done.returncode, done.stderr) == (0, "")
        counts.append([int(n) for n in done.stdout.split()])
        launches, by_workers, ends = map(sum, zip(*counts, strict=True))
        if launches > 100 and by_workers > 0 and ends > 0:
            return
    pytest.fail(f"the pool was not at work: {counts}")


# The protocol with one thing weaker: in `function`, `text` becomes the third.
MISTAKES = {
    "a chunk is not claimed": ("take", "SWAP(&b->state, &state, state + 1, acq_rel, acquire)",
                               "(STORE(&b->state, state + 1, release), true)"),
    "the job is published relaxed": ("publish", "<< 16, release)", "<< 16, relaxed)"),
    "chunks are counted relaxed": ("serve", "memory_order_acq_rel", "memory_order_relaxed"),
    "the count is read relaxed": ("finish", "acquire", "relaxed"),
    "a worker parks relaxed": ("park", "1, release", "1, relaxed"),
}  # fmt: skip


@linux
@needs_compiler
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(
    mistake: str, tmp_path: Path, sanitizer: tuple[list[str], list[str]]
) -> None:
    function, text, other = MISTAKES[mistake]
    before, name, after = SOURCE.partition(f" {function}(struct block *b")
    assert text in after.partition("\n}\n")[0]
    options, start = sanitizer
    program = build(tmp_path, before + name + after.replace(text, other, 1), *options)
    runs = (run(program, *start) for _ in range(RUNS))
    done = next((one for one in runs if one.returncode), None)
    assert done is not None
    assert done.returncode == 66
    assert "ThreadSanitizer: data race" in done.stderr
