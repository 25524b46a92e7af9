"""What a person sees first: names, signatures, `help`, and the messages of mistakes."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pickle
import pydoc
import re
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import catalogue
from tests.support.strategies import defaults

INTERFACE = {
    "backward", "backward_params", "declaration", "derivative", "formula", "forward_with_mask",
    "from_output", "kinks", "max_ulp", "name", "params", "second_derivative", "ufunc",
    "value_and_derivative", "with_params",
}  # fmt: skip
NORMALISER = {"backward", "jacobian", "jvp", "max_ulp", "name", "sequences", "ufunc"}
SUM = NORMALISER - {"jacobian", "sequences"}
PAIR = {"activation", "backward", "formula", "max_ulp", "name", "source", "split", "ufunc"}
GATES = {"with_params"}  # of the pair whose activation has a parameter
LOSS, HESSIAN = {"name", "value_and_grad"}, {"gradient_and_hessian"}
SAMPLES = {"name"}
MEMBERS = (
    "derivative", "second_derivative", "value_and_derivative", "backward", "backward_params",
    "with_params", "forward_with_mask",
)  # fmt: skip
# Everything else of the catalogue, and the members that can be called, which may have some too.
OTHERS = [entry.function for entry in catalogue.values() if entry.kind != "elementwise"]
SILENT = {"activation", "ufunc"}  # members that are no members of this function
PRODUCT = fa.identity * fa.softplus.with_params(beta=2)


@fa.activation(derivative=lambda x, a=0.5: 1 + a * x, from_output=lambda y, a=0.5: 1 + a * y)
def bent(x, a=0.5):
    return x + a * x * x / 2


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def members(thing):
    """What can be called of a function, and of its members."""
    for name in sorted(public(thing) - SILENT):
        member = getattr(thing, name)
        if callable(member):
            yield member
            if not inspect.ismethod(member):
                yield from members(member)


def path(member):
    return member.__qualname__


OF_OTHERS = [member for function in OTHERS for member in members(function)]
every_other = pytest.mark.parametrize("function", OTHERS, ids=path)
every_member = pytest.mark.parametrize("member", OF_OTHERS, ids=path)


# ---------------------------------------------------------------- names
@pytest.mark.parametrize("activation", [*fa.activations.values(), PRODUCT, bent], ids=str)
def test_an_activation_shows_its_interface_and_no_more(activation):
    assert public(activation) == INTERFACE
    assert public(activation.derivative) == {"name", "params", "ufunc"}
    assert public(activation.backward) == {"name", "params", "ufunc"}
    assert public(activation.forward_with_mask) == {"name"}


@every_other
def test_a_function_shows_its_interface_and_no_more(function):
    kinds = NORMALISER, SUM, PAIR, PAIR | GATES, LOSS, LOSS | HESSIAN, SAMPLES
    assert public(function) in kinds
    if hasattr(function, "sequences"):
        assert public(function.backward) == public(function.jvp) == {"name", "ufunc"}
        assert public(function.sequences) == {"backward", "name"}
    if hasattr(function, "split"):
        assert public(function.split) == {"backward", "name", "ufunc"}


def test_modules_of_the_catalogue_are_imported_like_any():
    import fastact.elementwise.logistic
    import fastact.elementwise.logistic as module

    assert fastact.elementwise.logistic is module
    assert module.sigmoid is fa.sigmoid
    assert importlib.import_module("fastact.elementwise") is fastact.elementwise


def test_star_imports_what_needs_no_extra():
    code = "from fastact import *; import sys; print('dask' in sys.modules, sigmoid.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "sigmoid"]
    assert "dask" in dir(fa)


# ---------------------------------------------------------------- signatures
def bound(function, *args, **named):
    """A call by what the signature says alone."""
    signature = inspect.signature(function)
    return function(*signature.bind(*args, **named).args, **signature.bind(*args, **named).kwargs)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (fa.sigmoid, "(x, /, *, out=None, where=True, dtype=None, casting='same_kind')"),
        (fa.swish, "(x, /, beta=1.0, *, out=None, where=True, dtype=None, casting='same_kind')"),
        (fa.prelu.derivative,
         "(x, /, weight, *, out=None, where=True, dtype=None, casting='same_kind')"),
        (fa.sigmoid.backward, "(dy, /, *, x=None, y=None, out=None)"),
        (fa.gelu.backward, "(dy, /, *, x=None, out=None)"),
        (fa.relu.backward, "(dy, /, *, x=None, y=None, mask=None, out=None)"),
        (fa.swish.backward, "(dy, /, *, x=None, out=None, beta=1.0)"),
        (fa.swish.backward_params, "(dy, /, *, x, beta=1.0)"),
        (fa.threshold.with_params, "(threshold, value)"),
        (fa.relu.forward_with_mask, "(x, /, *, out=None)"),
        (PRODUCT, "(x, /, *, out=None, where=True, dtype=None, casting='same_kind')"),
        (PRODUCT.backward, "(dy, /, *, x=None, out=None)"),
        (bent, "(x, /, a=0.5, *, out=None, where=True, dtype=None, casting='same_kind')"),
        (bent.backward, "(dy, /, *, x=None, y=None, out=None, a=0.5)"),
    ],
)  # fmt: skip
def test_signatures(function, text):
    assert str(inspect.signature(function)) == text


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (fa.softmax,
         ("(x, /, axis=-1, *, where=None, temperature=None, lengths=None, causal=False, "
         "softcap=None, empty='zero', inf='limit', out=None)")),
        (fa.softmax.backward,
         ("(dy, /, *, x=None, y=None, axis=-1, where=None, temperature=None, lengths=None, "
         "causal=False, softcap=None, out=None)")),
        (fa.log_softmax.jvp,
         ("(dx, /, *, x=None, y=None, axis=-1, where=None, temperature=None, lengths=None, "
         "causal=False, softcap=None, out=None)")),
        (fa.softmin.jacobian,
         ("(x, /, axis=-1, *, where=None, temperature=None, lengths=None, causal=False, "
         "softcap=None)")),
        (fa.sparsemax.sequences,
         "(x, /, *, offsets, axis=-1, out=None, temperature=None, softcap=None)"),
        (fa.logsumexp,
         "(x, /, axis=-1, *, keepdims=False, b=None, return_sign=False, where=None, out=None)"),
        (fa.logsumexp.backward, "(ds, /, *, x, axis=-1, where=None, b=None, out=None)"),
        (fa.softmax_cross_entropy,
         ("(logits, labels, axis=-1, weight=None, ignore_index=None, label_smoothing=0.0, "
         "reduction='mean')")),
        (fa.softmax_cross_entropy.value_and_grad,
         ("(logits, labels, axis=-1, weight=None, ignore_index=None, label_smoothing=0.0, "
         "reduction='mean', *, out=None)")),
        (fa.focal, "(logits, targets, gamma=2.0, alpha=None, reduction='mean')"),
        (fa.squared_error.value_and_grad, "(z, t, activation=None, *, out=None)"),
        (fa.swiglu, "(x, /, axis=-1, *, gate_first=False, bias=None, out=None)"),
        (fa.swiglu.backward,
         "(dy, /, *, x, axis=-1, gate_first=False, bias=None, out=None)"),
        (fa.swiglu.split,
         ("(gate, value, /, *, gate_bias=None, value_bias=None, out=None, where=True, dtype=None, "
         "casting='same_kind')")),
    ],
)  # fmt: skip
def test_signatures_of_others(function, text):
    assert str(inspect.signature(function)) == text


# By the name of an argument: what it may be in a call of every function that has one.
GIVEN = {
    "x": np.ones((3, 4)), "y": np.ones((3, 4)), "logits": np.ones((3, 4)), "z": np.ones((3, 4)),
    "log_probabilities": np.ones((3, 4)), "targets": np.ones((3, 4)), "t": np.ones((3, 4)),
    "labels": np.zeros(3, int), "dx": np.ones((3, 4)), "dy": np.ones((3, 4)), "ds": np.ones(3),
    "gate": np.ones((3, 4)), "value": np.ones((3, 4)), "offsets": [0, 1, 4],
    "rng": np.random.default_rng(0),
}  # fmt: skip


@pytest.mark.parametrize("member", [*OTHERS, *OF_OTHERS], ids=path)
def test_the_signature_of_every_other_is_true(member):
    """What it names can be given as it says, with the defaults that it says."""
    known = inspect.signature(member).parameters.values()
    needed = [p.name for p in known if p.default is p.empty]
    given = [GIVEN[p.name] for p in known if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    options = {p.name: p.default for p in known if p.default is not p.empty}
    named = {name: GIVEN[name] for name in needed[len(given) :]}
    if {"x", "y"} <= set(options):
        named["x"] = options["x"] = GIVEN["x"]
    if "gate_first" in options and "dy" in needed:
        given[0] = np.ones((3, 2))
    short, full = (member(*given, **deepcopy(k)) for k in (named, {**options, **named}))
    both = (r if isinstance(r, tuple) else (r,) for r in (short, full))
    for one, other in zip(*both, strict=True):
        assert np.array_equal(one, other)
    with pytest.raises(TypeError, match="unexpected keyword argument 'unknown'"):
        member(*given, **named, unknown=1)


def test_every_member_has_a_signature_that_is_true(f):
    """What it names can be given as it says, with the defaults that it says."""
    x = np.array([0.25, 0.5])
    params = dict(zip([p.name for p in f.params], defaults(f, "float64"), strict=True))
    out = np.empty(2)
    for member in (f, f.derivative):
        known = inspect.signature(member).parameters
        options = {"out": out, "where": True, "dtype": np.float64, "casting": "no"}
        assert [*known][: 1 + len(params)] == ["x", *params]
        assert np.array_equal(bound(member, x, **params, **options), member(x, *params.values()))
    known = inspect.signature(f.backward).parameters
    assert ("y" in known, "mask" in known) == (f.from_output, f.declaration.masked is not None)
    assert bound(f.backward, x, x=x, out=out, **params) is out


def test_a_signature_stays_when_the_call_becomes_the_ufunc(python):
    python("""
import inspect
import fastact as fa
before = inspect.signature(fa.tanh)
fa.tanh(0.5), fa.tanh.derivative(0.5)
assert fa.tanh.__call__.__self__ is fa.tanh.ufunc
assert inspect.signature(fa.tanh) == before == inspect.signature(fa.tanh.derivative)
""")


def test_every_public_callable_has_a_signature():
    functions = [getattr(fa, name) for name in dir(fa)]
    methods = [getattr(f, m) for f in functions for m in public(f) if not isinstance(f, type)]
    ours = [  # ufuncs of NumPy 2.0 have no module
        f for f in (*functions, *methods)
        if callable(f) and str(getattr(f, "__module__", "")).startswith("fas")
    ]  # fmt: skip
    assert len(ours) > 300
    for function in ours:
        parameters = inspect.signature(function).parameters
        assert "args" not in parameters, function


def test_what_asks_for_a_signature_works_with_an_activation():
    """SciPy's curve_fit counts parameters; other tools bind them.

    FastAPI's Depends gives all by name, and text where no type is told; x goes by position alone,
    as in NumPy's ufuncs. It takes ``def sigmoid(x: float): return fa.sigmoid(x)``.
    """
    optimize = pytest.importorskip("scipy.optimize", reason="scipy is in the extra `test`")
    x = np.linspace(-3.0, 3.0, 50)
    found, _ = optimize.curve_fit(fa.swish, x, fa.swish(x, 1.75))
    assert np.allclose(found, [1.75])
    found, _ = optimize.curve_fit(bent, x, bent(x, 0.25))
    assert np.allclose(found, [0.25])
    assert inspect.signature(bent).bind(x, a=2.0).arguments.keys() == {"x", "a"}


# ---------------------------------------------------------------- help
def test_help_shows_the_function():
    text = pydoc.plain(pydoc.render_doc(fa.sigmoid))
    assert "sigmoid = <fastact.sigmoid(x)" in text
    assert "The logistic function" in text
    assert "Method resolution order" not in text


@pytest.mark.parametrize("member", MEMBERS)
def test_help_of_a_member_says_what_it_does(f, member):
    function = getattr(f, member)
    text = pydoc.plain(pydoc.render_doc(function))
    assert text.startswith(f"Python Library Documentation: {type(function).__name__} in module fas")
    assert f"`{f.name}`" in text
    assert f.formula in text
    assert "Method resolution order" not in text
    assert (function.__name__, function.__qualname__) == (member, f"{f.name}.{member}")
    impossible = {
        "backward_params": not any(p.partial for p in f.params),
        "with_params": not f.params,
        "forward_with_mask": f.declaration.masked is None,
    }
    assert (">>>" in text) is not impossible.get(member, False)


SOME = [fa.sigmoid, fa.swish, fa.prelu, fa.relu, fa.soft_shrink, fa.threshold, fa.logit, PRODUCT]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("activation", SOME, ids=lambda f: f.name)
def test_the_examples_of_members_run(activation, member):
    text = getattr(activation, member).__doc__
    example = doctest.DocTestParser().get_doctest(text, {}, member, None, None)
    assert doctest.DocTestRunner().run(example).failed == 0


# ---------------------------------------------------------------- help of all others
def shown(text):
    """A text without the places where its lines are broken."""
    return " ".join(text.split())


@every_other
def test_help_of_every_other_shows_the_function(function):
    text = pydoc.plain(pydoc.render_doc(function))
    assert f"{type(function).__name__} in module fastact" in text
    assert f"{function.name} = <fastact.{function.name}(" in text
    assert ">>>" in text
    assert "Method resolution order" not in text
    assert function.__doc__ != type(function).__doc__


@every_member
def test_help_of_every_other_member_says_what_it_does(member):
    """What it gives, in a formula, how it is called, and an example of this very function."""
    text = pydoc.plain(pydoc.render_doc(member))
    owner = member.__qualname__.partition(".")[0]
    signature = str(inspect.signature(member))
    assert member.__module__ == "fastact"
    assert "Method resolution order" not in text
    assert ".. math:: " in text
    assert f"fa.{owner}" in text
    assert shown(f"``{member.__qualname__}{signature}``") in shown(text)
    assert "'Any'" not in text


def test_members_differ_between_functions():
    """Nothing is told of another function: each has a text of its own."""
    texts = [member.__doc__ for member in OF_OTHERS]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("member", [*OTHERS, *OF_OTHERS], ids=path)
def test_the_examples_of_every_other_run(member):
    example = doctest.DocTestParser().get_doctest(member.__doc__, {}, path(member), None, None)
    assert example.examples
    options = doctest.NORMALIZE_WHITESPACE
    assert doctest.DocTestRunner(optionflags=options).run(example).failed == 0


@pytest.mark.parametrize("member", [*OTHERS, *OF_OTHERS], ids=path)
def test_every_other_is_pickled(member):
    assert repr(pickle.loads(pickle.dumps(member))) == repr(member)
    if inspect.ismethod(member):  # cloudpickle sends the function of a method by itself
        assert pickle.loads(pickle.dumps(member.__func__)) is member.__func__


def test_a_member_is_the_same_however_often_it_is_asked_for():
    assert fa.softmax.jacobian is fa.softmax.jacobian
    assert fa.softmax.jacobian.__self__ is fa.softmax
    assert type(fa.softmax).jacobian.__qualname__ == "Normaliser.jacobian"


def test_backward_says_what_it_starts_from():
    said = {f: f.backward.__doc__ for f in (fa.gelu, fa.sigmoid, fa.relu)}
    assert ["y=y" in re.sub(r"y=f\(x\)", "y=y", text) for text in said.values()] == [0, 1, 1]
    assert ["mask=mask" in text for text in said.values()] == [0, 0, 1]


def test_docstrings_of_ones_own():
    assert "bent" in bent.derivative.__doc__
    own = fa.activation(lambda x: x, name="own")
    own.__doc__ = "Mine."
    assert own.__doc__ == "Mine."


def test_classes_keep_their_docstrings():
    assert "an elementwise activation" in fa.Activation.__doc__.lower()
    assert not hasattr(fa.Activation, "__signature__")


@pytest.mark.parametrize("member", [m for m in MEMBERS if m != "backward_params"])
def test_members_are_pickled(member):
    found = pickle.loads(pickle.dumps(getattr(fa.swish, member)))
    assert repr(found) == repr(getattr(fa.swish, member))


# ---------------------------------------------------------------- messages
MISTAKES = [
    (fa.swish, "swish() needs x: swish(x, /, beta=1.0"),
    (fa.sigmoid.backward, "sigmoid.backward() takes one argument by position, dy"),
    (lambda: fa.sigmoid.backward(1.0, 1.0), "sigmoid.backward(dy, x=x) or sigmoid.backward(dy, y"),
    (lambda: fa.gelu.backward(1.0, 1.0), "by name: gelu.backward(dy, x=x)"),
    (lambda: fa.rrelu.backward(1.0, 1.0), "rrelu.backward(dy, slopes=slopes)"),
    (lambda: fa.sigmoid.backward(1.0), "needs exactly one of x=, the input, and y=, the output"),
    (lambda: fa.sigmoid.backward(1.0, z=1.0), "unexpected keyword argument 'z'"),
    (lambda: fa.swish.backward(1.0, x=1.0, bata=1.0), "did you mean 'beta'?"),
    (lambda: fa.swish(1.0, bata=2.0), "swish() got an unexpected keyword argument 'bata'; did you"),
    (lambda: fa.swish.derivative(1.0, foo=2.0), "swish.derivative() got an unexpected keyword"),
    (lambda: fa.swish.derivative(1.0, 2.0, 3.0), "swish.derivative() takes 2 positional"),
    (lambda: fa.prelu.derivative(1.0), "prelu.derivative() needs a value for weight"),
    (lambda: fa.softplus.backward_params(1.0, x=1.0, bata=1.0), "did you mean 'beta'?"),
    (lambda: fa.relu.forward_with_mask(1.0, ot=1.0), "did you mean 'out'?"),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES)
def test_messages_name_what_a_user_calls(call, message):
    with pytest.raises(TypeError, match=re.escape(message)) as caught:
        call()
    assert not re.search(r"general|Function|Normaliser|_owner", str(caught.value))


def test_the_first_call_of_an_activation_says_what_it_needs():
    """Later ones say the same, though native code makes them."""
    x = np.ones(3)
    fresh = fa.activation(lambda x: x + 1, name="fresh", derivative=lambda x: 1.0)
    members = {"": fresh} | {
        f".{m}": getattr(fresh, m) for m in ("derivative", "value_and_derivative")
    }
    for name, f in {f"fresh{m}": f for m, f in members.items()}.items():
        said = []
        for _ in range(2):
            for given in ((), (x, x.copy()), (x, None), (x,) * 12):
                with pytest.raises(TypeError) as caught:
                    f(*given)
                said.append(str(caught.value))
            f(x)
        assert said[:4] == said[4:]
        assert said[0].startswith(f"{name}() needs x: {name}(x, /")
        assert said[1:4] == [
            f"{name}() takes 1 positional argument (x), got {n}" for n in (2, 2, 12)
        ]
    with pytest.raises(TypeError, match=r"fresh\(\) got an unexpected keyword argument 'ouT'; did"):
        fresh(1.0, ouT=None)


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match=r"no attribute 'gellu'; did you mean 'gelu'\?"):
        _ = fa.gellu
    with pytest.raises(AttributeError, match=r"no attribute '_gelu'$"):
        _ = fa._gelu
    with pytest.raises(AttributeError, match=r"no attribute 'qqqqqq'$"):
        _ = fa.qqqqqq
