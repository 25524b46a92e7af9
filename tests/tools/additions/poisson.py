"""A loss: the negative log-likelihood of counts, without what does not depend on the input."""

from __future__ import annotations

LOSS = r'''

# ---------------------------------------------------------------- Poisson
# loss = e^x - t x          gradient = e^x - t
@kernel
def poisson_value(x, t, scale):
    return exp(x) - t * x


@kernel
def poisson_gradient(x, t, scale):
    return (exp(x) - t) * scale


class Poisson(OfTargets):
    r"""The negative log-likelihood of counts, whose means are the exponentials of the input.

    .. math:: \ell(x, t) = e^x - t\,x

    ``poisson(x, targets, reduction="mean")``.

    Notes
    -----
    The logarithm of the factorial of t is left out, as it does not depend on x.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.poisson(np.zeros(2), np.array([1.0, 2.0]))
    np.float64(1.0)
    """

    _formulas = MappingProxyType({"value_and_grad": r"\frac{\partial \ell}{\partial x} = e^x - t"})
    _kernels = MappingProxyType({"value": poisson_value, "gradient": poisson_gradient})


poisson: interfaces.OfTargets = Poisson("poisson")
'''
TRUTH = '    "poisson": lambda x, t: mp.exp(x) - t * x,\n'
EDITS = {
    "fastact/losses/elementwise.py": {
        "    LossFunction,\n": "    OfTargets,\n",
        '"kl_divergence", ': '"poisson", ',
        "": LOSS,
    },
    "tests/support/losses.py": {
        '    "nll": lambda row, label: -row[label],\n': TRUTH,
    },
}
