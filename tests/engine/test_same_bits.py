"""The same bits on every processor: vectors of any length, with and without fused multiply-add."""

from __future__ import annotations

import ctypes
import itertools
import math
import os
import random
import subprocess
import sys
import warnings
from fractions import Fraction
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest
from llvmlite import ir

import fastact as fa
from fastact.catalogue import catalogue
from fastact.compiler import fma
from fastact.native import loader, loop_registry, machine_code, pool, threads
from fastact.native.threads import num_threads
from tests.conftest import PROFILE
from tests.support import bits
from tests.support.calls import flattened
from tests.support.misfits import GIVEN, right_calls
from tests.support.profile import part
from tests.support.strategies import at_byte, stepped

# Levels of x86-64, and the last feature of each: what runs on one runs on those above it. The
# first is what LLVM calls the least of any machine.
LEVELS = {"generic": "sse2", "x86-64-v2": "sse4.2", "x86-64-v3": "fma", "x86-64-v4": "avx512vl"}
# The first function of each family, and each way of the engine to make a loop.
FAMILIES = {
    f.declaration.kernels["forward"].__module__: f.value_and_derivative.name
    for f in reversed(fa.activations.values())
}
SELECTED = {
    "float16": ["sigmoid", "tanh_backward_from_output"],
    "float32": [*FAMILIES.values(), "swiglu_backward", "softmax"],
    "float64": [*FAMILIES.values(), "prelu_backward"],
}


def printed(folder, cpu, words):
    """What `bits` prints for a processor, in a process that compiles for it, and what it kept."""
    command = [sys.executable, "-P", bits.__file__, *words]
    path = str(Path(fa.__file__).parent.parent)
    env = {"NUMBA_CPU_NAME": cpu, "FASTACT_CACHE_DIR": str(folder), "PYTHONPATH": path}
    done = subprocess.run(
        command, env=os.environ | env, capture_output=True, text=True, timeout=7200, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def runs_here(level):
    return machine_code.architecture() == "x86_64" and llvm.get_host_cpu_features().get(
        LEVELS[level]
    )


@pytest.mark.slow
@pytest.mark.parametrize("dtype", bits.ODD)
@pytest.mark.parametrize("level", list(LEVELS)[: 1 if PROFILE == "brief" else None])
def test_processors(tmp_path, level, dtype):
    """The whole catalogue with ``FASTACT_TEST_PROFILE=long``."""
    if not runs_here(level):
        pytest.skip(f"this is not an {level} processor")
    words = [dtype] if PROFILE == "long" else [dtype, *SELECTED[dtype]]
    here, there = list(bits.lines(set(words))), printed(tmp_path, level, words)[:-1]
    assert set(here) ^ set(there) == set()
    assert len(here) >= len(SELECTED[dtype])
    chosen = {*bits.chosen(set(words)), *bits.chosen(set(words), bits.on_rows)}
    kept = [path.read_bytes() for path in tmp_path.iterdir() if ".native." not in path.name]
    loops = {(spec.name, spec.dtype) for spec in loop_registry.loops()}  # some of two ufuncs
    assert len(kept) == len(loops & chosen)
    assert not any(name in code for code in kept for name in (b"\0fma\0", b"\0fmaf\0"))


# What `python -m tests.support.bits` prints last for a dtype and these words, on every machine. A
# change of what these functions compute changes it.
GOLDEN = {
    "float16": "9acaf02508555259d44285779e6a8b7683e7293af2dd4b38cd16d379e4644200",
    "float32": "dfa39fdc88485c5288a0f66a15443a8a7a114f52a94580c557902f97dc85bfcb",
    "float64": "eaae779d5125603c6eb898ed79c6ff46ef34dc6132894348af4ac5b6588cc39c",
}
WORDS = (
    "sigmoid", "tanh_backward_from_output", "gelu_derivative", "erf", "swiglu_backward",
    "softmax", "logsumexp", "sparsemax",
)  # fmt: skip


@pytest.mark.parametrize("dtype", GOLDEN)
def test_golden_hash(dtype):
    """The same on every processor, every operating system and with every NumPy and Numba."""
    assert bits.together(bits.lines({dtype, *WORDS})) == GOLDEN[dtype]


PLACES = {
    "offset": lambda x: at_byte(x, 3 * x.itemsize),
    "misaligned": lambda x: at_byte(x, 1),
    "strides": lambda x: stepped(x, -3),
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
}


@pytest.mark.parametrize("dtype", bits.ODD)
@pytest.mark.parametrize("place", PLACES)
def test_places(place, dtype):
    for name, _ in bits.chosen({dtype, *SELECTED[dtype]}):
        wanted = bits.digest(bits.results(name, dtype))
        assert bits.digest(bits.results(name, dtype, PLACES[place])) == wanted, name


def long(x):
    """As much as wakes a thread for a single call."""
    return np.resize(x, pool.COLD_WORK + bits.SIZE)


@pytest.mark.parametrize("dtype", bits.ODD)
def test_threads(dtype):
    for name, _ in bits.chosen({dtype, *SELECTED[dtype]}):
        with num_threads(1):
            wanted = bits.digest(bits.results(name, dtype, long))
        before = threads.stats()["launches"]
        with num_threads(3):
            assert bits.digest(bits.results(name, dtype, long)) == wanted, name
        assert not threads.stats()["native"] or threads.stats()["launches"] > before


def swapped(array):
    """The array in the other byte order."""
    return array.astype(array.dtype.newbyteorder())


def found(right, other, change):
    """What a call gives, a tuple; perhaps with one more argument."""
    more = {other: GIVEN[other]} if other else {}
    given = {key: change(array) for key, array in {**right.arrays, **more}.items()}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        result = right.call(**given)
    result = tuple(result.values()) if isinstance(result, dict) else result
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("dtype", bits.ODD)
def test_results_are_in_native_byte_order_whatever_the_inputs_are_in(dtype):
    """Of every public function; a result is also of the same class, and no array for a number."""

    def native(array):
        return array.astype(dtype) if array.dtype.kind == "f" else array

    for right in part(right_calls(), 3):
        for other in ("", *(GIVEN.keys() & {*right.others} - {"where", "lengths"})):
            results = (found(right, other, f) for f in (native, lambda a: swapped(native(a))))
            for wanted, got in zip(*results, strict=True):
                assert got.dtype == wanted.dtype, (right.called, other)
                assert type(got) is type(wanted), (right.called, other)
                assert got.tobytes() == wanted.tobytes(), (right.called, other)


# ---------------------------------------------------------------- what is summed
RNG = np.random.default_rng(0)
CUBE, OTHER = RNG.normal(0, 1, (7, 34, 6)), RNG.random((7, 34, 6))
CLASSES = RNG.integers(0, 6, (7, 34))
ORDERS = {
    "Fortran": np.asfortranarray,
    "backwards": lambda a: a[::-1].copy()[::-1],
    "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
}


def typical(f, shape):
    return {p.name: np.full(shape, p.typical) for p in f.params}


def sums(f, kind):
    """Calls that sum over several axes, and their arrays."""
    if kind == "elementwise":
        for given in [typical(f, shape) for shape in ((), (34, 1))] if f._partials else ():
            yield lambda dy, x, given=given: f.backward_params(dy, x=x, **given), CUBE, OTHER
    elif kind == "gated":
        yield lambda dy, x: f.backward(dy, x=x, bias=np.zeros(6)), CUBE[..., :3], OTHER
        yield lambda dy, x: f.backward(dy, x=x, axis=1, bias=np.zeros(34)), CUBE[:, :17], OTHER
        yield (
            lambda dy, g, v: f.split.backward(dy, gate=g, value=v, gate_bias=1.0),
            CUBE, OTHER, OTHER[:1],
        )  # fmt: skip
    elif kind == "loss":
        yield lambda x, t: f.value_and_grad(-abs(x), t), CUBE, OTHER
        yield (
            lambda x, t: f.value_and_grad(-abs(x), t),
            np.resize(CUBE, (70, 340, 6)),
            OTHER[:1, :1],
        )
    elif kind == "loss of labels":
        for given in ({}, {"weight": OTHER[0, 0]}, {"weight": OTHER[0, 0], "ignore_index": 2}):
            yield lambda x, t, given=given: f.value_and_grad(x, t, **given), CUBE, CLASSES
    else:
        for axis in (0, (0, 2), None):
            yield lambda x, axis=axis: f(x, axis=axis), CUBE
            if getattr(f, "_smooth", True):
                yield lambda dx, x, axis=axis: f.jvp(dx, x=x, axis=axis), CUBE, OTHER


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", [n for n, entry in catalogue.items() if entry.kind != "samples"])
def test_sums_do_not_depend_on_the_order_in_memory(name, order):
    for call, *arrays in sums(catalogue[name].function, catalogue[name].kind):
        assert flattened(call(*map(ORDERS[order], arrays))) == flattened(call(*arrays))


def test_the_hash_tells_one_bit():
    y = bits.inputs("float32", 0)
    other = y.copy()
    other.view("u4")[-2] ^= 1
    assert bits.digest([y]) != bits.digest([other])
    assert bits.digest([np.array([0.0])]) != bits.digest([np.array([-0.0])])
    assert bits.digest([np.array([np.nan])]) == bits.digest([-np.array([np.nan])])


def test_rows_tell_of_every_kind_of_row():
    """Each row that is no special case has a spread of results, not one number and zeros."""
    x = bits.rows("float32", 0).reshape(-1, bits.ROW)
    kinds = [x[k::8] for k in range(8)]
    assert all(np.isfinite(kind).all() for kind in kinds[:5])
    assert all(np.isneginf(kind).any(-1).all() != np.isnan(kind).any() for kind in kinds[5:7])
    assert set(kinds[7].ravel()) == {-np.inf, np.inf}
    (y,) = bits.results_of_rows("softmax", "float32")
    ordinary = np.arange(len(y)) % 8 < 4
    assert np.all((y[ordinary] > 0).sum(-1) == bits.ROW)
    assert np.all((y[np.arange(len(y)) % 8 == 4] > 1e-6).sum(-1) > 1)


# ---------------------------------------------------------------- the emulation by itself
POINTER, COUNT = ir.PointerType(), ir.IntType(64)


def loop_of(emit, element, name):
    """A function of arrays that LLVM instructions are written into."""
    module = ir.Module(name)
    kind = ir.FunctionType(ir.VoidType(), [POINTER] * 4 + [COUNT])
    function = ir.Function(module, kind, name)
    b = ir.IRBuilder(function.append_basic_block("entry"))
    entry, loop, done = b.block, *(b.append_basic_block(n) for n in ("loop", "done"))
    b.branch(loop)
    b.position_at_end(loop)
    i = b.phi(COUNT)
    places = [b.gep(p, [i], source_etype=element) for p in function.args[:4]]
    b.store(emit(b, *(b.load(p, typ=element) for p in places[:3])), places[3])
    following = b.add(i, COUNT(1))
    i.add_incoming(COUNT(0), entry)
    i.add_incoming(following, loop)
    b.cbranch(b.icmp_signed("<", following, function.args[4]), loop, done)
    b.position_at_end(done)
    b.ret_void()
    code, _ = loader.load(machine_code.assembled(str(module)), name)
    compiled = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64)(code)

    def call(*data):
        out = np.empty_like(data[0])
        compiled(*(x.ctypes.data for x in (*data, out)), out.size)
        return out

    return call


@pytest.fixture(scope="module", params=["float32", "float64"])
def emulated(request):
    emit, element = {
        "float32": (fma.single, fma.F32), "float64": (fma.double, fma.F64)
    }[request.param]  # fmt: skip
    return loop_of(emit, element, f"emulated_{request.param}"), request.param


def rounded(value, sign, dtype):
    """The float nearest to a fraction of this sign; ties to even."""
    info = np.finfo(dtype)
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    exponent -= abs(value) < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, int(info.minexp)) - int(info.nmant))
    nearest = round(abs(value) / unit) * unit
    size = float(nearest) if nearest <= Fraction(float(info.max)) else math.inf
    return math.copysign(size, sign)


def true(x, y, z, dtype):
    """``x * y + z`` as IEEE 754 has it."""
    if not all(map(math.isfinite, (x, y, z))):
        return x * y + z if not (math.isfinite(x) and math.isfinite(y)) else z
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    if exact:
        return rounded(exact, exact > 0 or -1, dtype)
    return 0.0 if z else x * y + z


def assert_exact(emulated, triples):
    call, dtype = emulated
    with np.errstate(over="ignore"):
        data = [np.array(column, dtype) for column in zip(*triples, strict=True)]
    for *each, got in zip(*(x.tolist() for x in (*data, call(*data))), strict=True):
        wanted = true(*each, dtype)
        same = (got == wanted and math.copysign(1, got) == math.copysign(1, wanted)) or (
            math.isnan(got) and math.isnan(wanted)
        )
        assert same, f"{dtype} {[v.hex() for v in each]}: {got.hex()}, true {wanted.hex()}"


def special(dtype):
    info = np.finfo(dtype)
    sizes = [0.0, 1.0, 3.0, 1 + info.eps, info.tiny, info.tiny * (1 - info.eps), math.inf,
             info.smallest_subnormal, 5 * info.smallest_subnormal, info.max, 2.0**0.5]  # fmt: skip
    return [float(sign * size) for size in sizes for sign in (1, -1)] + [math.nan]


def test_fma_of_special_values(emulated):
    assert_exact(emulated, itertools.product(special(emulated[1]), repeat=3))


def drawn(rng, dtype):
    """A float of few or of many bits, anywhere on the line or near 1."""
    info = np.finfo(dtype)
    low, high = rng.choice([(int(info.minexp - info.nmant), int(info.maxexp) - 1), (-30, 30)])
    digits = rng.choice([rng.getrandbits(5), rng.getrandbits(int(info.nmant) + 1), 1])
    size = math.ldexp(digits, rng.randint(low, high) - digits.bit_length())
    return float(np.array(rng.choice([-1, 1]) * size, dtype))


def test_fma_where_the_sum_cancels_or_underflows(emulated):
    """Sums near minus the product, and products of factors whose exponents make them subnormal."""
    rng, (_, dtype), triples = random.Random(0), emulated, []
    least = int(np.finfo(dtype).minexp - np.finfo(dtype).nmant)
    for _ in range(20_000):
        x, y, z = (drawn(rng, dtype) for _ in range(3))
        if x and y and rng.random() < 0.4:  # the product in or near the subnormal numbers
            shift = least + rng.randint(-3, 60) - math.frexp(x)[1] - math.frexp(y)[1]
            y = float(np.array(math.ldexp(y, shift), dtype)) if shift < 1000 else y
        with np.errstate(all="ignore"):
            product = float(np.array(x * y, dtype))
        if math.isfinite(product) and rng.random() < 0.5:
            z = float(np.array(-product * (1 + rng.randint(-2, 2) * np.finfo(dtype).eps), dtype))
        triples.append((x, y, z))
    assert_exact(emulated, triples)


def test_fma_of_ties_in_subnormal_numbers(emulated):
    """A result between two subnormal numbers, and a remainder that float cannot hold."""
    info = np.finfo(emulated[1])
    least, digits = float(info.smallest_subnormal), int(info.nmant)
    half = 2.0 ** ((int(info.minexp) - digits - 1) // 2)
    other = least / 2 / half
    sums = [float(n) * least for n in (0, 1, 2, 3, 2**digits - 1)]
    near = [1 + d * float(info.eps) for d in (-1, -0.5, 0, 1, 2)]
    signs = (-1, 1)
    assert_exact(
        emulated,
        [
            (s * half * a, other * n * b, t * z)
            for s in signs for t in signs for a in near for b in near
            for n in (1, 3, 5) for z in sums
        ],
    )  # fmt: skip


@pytest.mark.skipif(not machine_code.fuses(), reason="this processor has no fused multiply-add")
def test_fma_as_the_processor_has_it(emulated):
    call, dtype = emulated
    element = fma.F32 if dtype == "float32" else fma.F64
    hardware = loop_of(lambda b, *x: b.fma(*x), element, f"hardware_{dtype}")
    x, y, z = (bits.inputs(dtype, k) for k in range(3))
    with np.errstate(all="ignore"):
        for triple in ((x, y, z), (x, y, -x * y), (x, z, np.flip(x)), (y, z, np.zeros_like(x))):
            got, wanted = call(*triple), hardware(*triple)
            assert bits.digest([got]) == bits.digest([wanted])
