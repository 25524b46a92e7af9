"""Loops under valgrind's memcheck: no read of what is not theirs or not written, and whole results.

The objects that the store keeps are linked to a small C program, which calls each loop as NumPy
does, on blocks of malloc that are not a byte too large. They are compiled for a processor without
AVX-512, which valgrind does not know.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hazards.scripts import ROUNDS, run

pytestmark = [
    pytest.mark.skipif(
        not (sys.platform.startswith("linux") and shutil.which("valgrind") and shutil.which("gcc")),
        reason="takes valgrind and gcc; the same loops run between pages that nobody may touch",
    ),
    pytest.mark.skipif(ROUNDS <= 1, reason="compiles for another processor: in `tox -e hazards`"),
]
KINDS = {
    "elementwise": ["relu", "sigmoid", "leaky_relu", "gelu_value_and_derivative"],
    "backward": ["tanh_backward_from_output", "softplus_backward", "prelu_backward"],
    "gated": ["swiglu", "swiglu_backward", "geglu_backward"],
    "along an axis": ["softmax", "log_softmax_backward", "logsumexp"],
    "losses": ["cross_entropy", "cross_entropy_gradient", "sigmoid_cross_entropy"],
}
# Writes each loop's object, and what the program has to know of it.
WRITTEN = r"""
import re
from pathlib import Path
import fastact as fa
from fastact.native import loop_registry, ufunc
rows = []
for name in NAMES:
    function, spec = ufunc.registry[name](), loop_registry.get(name, "float32")
    Path(FOLDER, name + ".o").write_bytes(spec.code()[0])
    types = next(each for each in function.types if "f" in each)
    groups = re.findall(r"\(([^()]*)\)", function.signature or "()" * function.nargs)
    assert set(groups) <= {"n", ""}, function.signature
    operands = ", ".join(f"{{'{kind}', {len(core)}}}" for kind, core in
                         zip(types.replace("->", ""), groups, strict=True))
    counts = f"{function.nin}, {function.nargs}, {len(max(groups))}"
    rows.append(f"{{{spec.symbol}, {counts}, {{{operands}}}}},")
    print(f"void {spec.symbol}(void *, void *, void *, void *);")
print("static struct loop loops[] = {", *rows, "};", sep="\n")
"""
PROGRAM = r"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
struct operand { char kind; int core; };
struct loop { void (*call)(void *, void *, void *, void *); int nin, nargs, rows;
              struct operand operands[8]; };
DECLARED
static int64_t block[65536] = { (int64_t)1 << 62 };  /* of the pool: no call is long enough */

static int size_of(char kind) {
    return kind == 'e' ? 2 : kind == 'f' ? 4 : kind == '?' ? 1 : 8;
}

static void fill(char *at, char kind, int64_t i, int64_t classes) {
    double d = (double)(i * 37 % 101) / 50 - 1;
    float f = (float)d;
    uint16_t half = (uint16_t)(0x3400 + i * 37 % 1024);
    int64_t label = i % classes;
    char truth = i & 1;
    memcpy(at, kind == 'e' ? (void *)&half : kind == 'f' ? (void *)&f : kind == 'd' ? (void *)&d
               : kind == '?' ? (void *)&truth : (void *)&label, size_of(kind));
}

/* One call: `count` elements or rows, cores of `n` elements, every `step`th of memory. */
static void call(struct loop *loop, int64_t count, int64_t n, int step, int missing, int null) {
    int64_t dims[2] = { count, n }, steps[16];
    char *args[8];
    int cores = loop->nargs;
    for (int k = 0; k < loop->nargs; k++) {
        struct operand *o = &loop->operands[k];
        int64_t inner = o->core ? n : 1, item = size_of(o->kind);
        int64_t total = count * inner;
        args[k] = malloc(((total - 1) * step + 1) * item - (k == 0 ? missing : 0));
        steps[k] = inner * item * step;
        if (o->core) steps[cores++] = item * step;
        if (k < loop->nin)
            for (int64_t i = 0; i < total - (k == 0 && missing); i++)
                fill(args[k] + i * step * item, o->kind, i, n);
    }
    loop->call(args, dims, steps, block);
    for (int k = 0; k < loop->nargs; k++) {
        struct operand *o = &loop->operands[k];
        int64_t inner = o->core ? n : 1, item = size_of(o->kind);
        if (k >= loop->nin)  /* the kernel reads it, so memcheck looks whether it was written */
            for (int64_t i = 0; i < count * inner; i++)
                if (write(null, args[k] + i * step * item, item) != item) exit(3);
        free(args[k]);
    }
}

int main(int argc, char **argv) {
    static const int64_t sizes[] = { 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 40, 63, 64, 67,
                                     513, 1030 };
    int null = open("/dev/null", O_WRONLY), missing = argc > 1 ? atoi(argv[1]) : 0, calls = 0;
    for (size_t k = 0; k < sizeof loops / sizeof *loops; k++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int step = 1; step <= 3; step += 2)
                if (loops[k].rows)
                    for (int64_t rows = 1; rows <= 19; rows += 6, calls++)
                        call(&loops[k], rows, sizes[s], step, missing, null);
                else
                    call(&loops[k], sizes[s], 1, step, missing, null), calls++;
    printf("%d calls\n", calls);
    return 0;
}
"""


@pytest.mark.parametrize("kind", KINDS)
def test_loops_under_memcheck(kind: str, tmp_path: Path) -> None:
    script = WRITTEN.replace("NAMES", repr(KINDS[kind])).replace("FOLDER", repr(str(tmp_path)))
    cpu = {"NUMBA_CPU_NAME": "x86-64-v3"} if os.uname().machine == "x86_64" else {}
    declared = run(script, timeout=600, **cpu)
    assert len(re.findall(r"^void ", declared, re.MULTILINE)) == len(KINDS[kind])
    (tmp_path / "program.c").write_text(PROGRAM.replace("DECLARED", declared))
    objects = sorted(map(str, tmp_path.glob("*.o")))
    program = tmp_path / "program"
    command = [
        "gcc",
        "-O1",
        "-g",
        "-no-pie",
        str(tmp_path / "program.c"),
        *objects,
        "-o",
        str(program),
    ]
    subprocess.run(command, check=True, timeout=120)
    checked = ["valgrind", "-q", "--partial-loads-ok=no", "--error-exitcode=9", str(program)]
    done = subprocess.run(checked, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.split()[0]) > 60
    # The checker checks: memory that is one byte short is seen.
    done = subprocess.run([*checked, "1"], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 9
    assert "Invalid read" in done.stderr
