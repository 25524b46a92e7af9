"""Mistakes of a user: mypy and pyright report each line that ends with a comment, and no other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import fastact as fa

x: NDArray[np.float32] = np.ones(3, np.float32)
rows: NDArray[np.float32] = np.ones((3, 4), np.float32)
half: NDArray[np.float16] = np.ones(3, np.float16)
wide: NDArray[np.float64] = np.ones((3, 4))
two = np.float64(2.0)
labels = np.zeros(3, np.int64)
imaginary: NDArray[np.complex128] = np.ones(3, np.complex128)
strings: NDArray[np.str_] = np.array(["a"])
extended: NDArray[np.longdouble] = np.ones(3, np.longdouble)
boxes = np.empty(3, np.object_)

fa.gellu  # a name
fa.sigmoid.derivativ  # a member
fa.sigmoid.kernels  # what is private
fa.softmax.jacobi(rows)  # a method
fa.softmax_cross_entropy.value_and_gradient(rows, labels)  # a method
fa.check(fa.relu).failed  # a member of what a function returns
fa.sigmoid()  # no argument
fa.sigmoid(x, foo=1)  # a keyword
fa.sigmoid(x, beta=2.0)  # a parameter of others
fa.sigmoid(x, foo=1, out=x)  # a keyword beside out
fa.sigmoid.derivative(x, foo=1)  # a keyword of a member
fa.swish(x, betta=2.0)  # a keyword
fa.swish(x, alpha=2.0)  # a parameter of others
fa.swish(x, 1.0, 2.0)  # one too many
fa.swish(x, beta="2")  # no number
fa.prelu(x)  # a parameter is needed
fa.threshold(x, 0.5)  # one more is needed
fa.sigmoid(imaginary)  # not real
fa.sigmoid(strings)  # no numbers
fa.sigmoid("0.5")  # no number
fa.sigmoid(None)  # nothing
fa.sigmoid(extended)  # longer than float64
fa.sigmoid(boxes)  # objects
fa.sigmoid(x, out=[0.0])  # not an array
fa.sigmoid(x, dtype="f4", casting="same")  # no rule of casting
fa.sigmoid(x, dtype="int32")  # no floating type
fa.sigmoid.backward(x, x)  # x by position
fa.sigmoid.backward(x, z=x)  # a keyword
fa.swish.backward(x, x=x, gamma=1.0)  # a parameter
fa.relu.backward(x, mask=x)  # not bits
fa.gelu.backward(x, y=x)  # needs the input
fa.gelu.backward(x)  # without it
fa.swish.backward(x, y=x, beta=2.0)  # needs the input
fa.shrink.backward(x, y=x)  # needs the input or a mask
fa.tanh.backward(x, mask=np.zeros(1, np.uint8))  # has no mask
fa.elu.forward_with_mask(x)  # has no mask
fa.hard_tanh.forward_with_mask(0.5, 0.0, x)  # the parameter of another shape
fa.swish.backward_params(x, x)  # x by position
fa.swish.with_params(x)  # an array
fa.sigmoid.with_params(beta=1.0)  # no parameters
fa.relu.forward_with_mask(x, where=True)  # a keyword
fa.sigmoid + "1"  # no number
fa.sigmoid**2  # no operator
(fa.identity * fa.sigmoid)(x, beta=2.0)  # no parameters
fa.swish.with_params(beta=2.0)(x, beta=2.0)  # no parameters any more
fa.activations["swish"](x, beta="2")  # no number
fa.rrelu(x, rng=0)  # no generator
fa.softmax(x, dim=1)  # another package's name
fa.softmax(x, axis="last")  # no axis
fa.softmax(rows, empty="zeros")  # no policy
fa.softmax.backward(rows, rows)  # y by position
fa.softmax.jacobian(rows, axis=(0, 1))  # one axis alone
fa.softmax.sequences(x)  # offsets are needed
fa.softmax.sequences(x, offsets=[0, 3], causal=True)  # an option of rows alone
fa.softmax.apply(rows)  # what is private
fa.softmax.backward.owner  # what is private
fa.softmax_cross_entropy.computed  # what is private
fa.focal.functions  # what is private
fa.swiglu.operands  # what is private
fa.gumbel_softmax(rows)  # a generator is needed
fa.gumbel_softmax(rows, rng=0)  # no generator
fa.logsumexp(rows, dim=1)  # another package's name
fa.logsumexp(rows, keepdims="yes")  # no switch
fa.softmax_cross_entropy(rows)  # labels are needed
fa.softmax_cross_entropy(rows, labels, reduce="mean")  # a keyword
fa.softmax_cross_entropy.value_and_grad(rows, labels, smoothing=0.1)  # a keyword
fa.sigmoid_cross_entropy(imaginary, labels)  # not real
fa.squared_error(x, x, activation="sigmoid")  # a name instead of a function
fa.kl_divergence(x, x, log=True)  # a keyword
fa.softmax_cross_entropy(rows, labels, reduction="averge")  # no reduction
fa.softmax_cross_entropy(rows, labels, reduction="batchmean")  # a reduction of kl_divergence
fa.nll.value_and_grad(rows, labels, reduction="averge")  # no reduction
fa.sigmoid_cross_entropy.value_and_grad(x, x, reduction="Mean")  # no reduction
fa.kl_divergence(x, x, reduction="batch")  # no reduction
fa.softmax_cross_entropy.value_and_grad(rows, labels, out=wide)  # of another dtype than the logits
fa.sigmoid_cross_entropy.value_and_grad(rows, rows, out=wide)  # of another dtype
fa.nll.value_and_grad(wide, labels, out=rows)  # of another dtype
fa.focal.value_and_grad(rows, rows, reduction="none", out=wide)  # of another dtype
fa.kl_divergence.value_and_grad([[0.5]], [[0.5]], out=rows)  # of another dtype
fa.squared_error.value_and_grad(rows, rows, out=wide)  # of another dtype
fa.sigmoid_cross_entropy.gradient_and_hessian(rows, rows, out=(rows, wide))  # of another dtype
fa.swiglu(rows, dim=1)  # another package's name
fa.swiglu.split(rows)  # two arrays
fa.swiglu.backward(rows)  # x is needed
fa.activation(derivativ=lambda x: 1.0)  # a keyword
fa.activations["sigmoid"] = fa.tanh  # read-only
fa.set_num_threads("two")  # no number
a_number: float = fa.sigmoid(x)  # an array
other_dtype: NDArray[np.float64] = fa.sigmoid(x)  # float32
one_result: NDArray[np.float32] = fa.sigmoid.value_and_derivative(x)  # two of them
from_float64: NDArray[np.float32] = fa.swish(x, two)  # float64
from_slopes: NDArray[np.float32] = fa.rrelu.backward(x, slopes=wide[0, :3])  # float64
from_scalars: np.float32 = fa.tanh.backward(np.int64(2), x=np.float32(1.0))  # float64
from_factors: NDArray[np.float32] = fa.logsumexp(rows, axis=0, keepdims=True, b=wide)  # float64
