"""Loops along an axis: softmax and its family, their Jacobian products, cross-entropy.

NumPy hands arrays to the loop of a generalized ufunc as rows, along which a function is computed.
Their elements may lie anywhere, so a loop knows an array as a `Strided`: a pointer, the distance
between rows, and that between elements of a row (`memory`).

A function is a *record*, `RowOperation`, of what it does with rows that lie one way or another. The
*driver*, `over_rows`, makes a loop of any record (`operation`), and `build` its object code.

Most functions take three *passes* over a row: its maximum m; the exponentials e**(x - m) and their
sum; the results. `arithmetic` has the exponentials and sums, which are the same bits on every way:

`along`
    lanes of a vector are neighbours in a row. Each pass goes over a *group* of some rows before the
    next pass begins; what connects the passes of a row is its *state*, in scratch memory.
`across`
    a lane is a row. Rows that lie side by side are computed where they are, in *strips* of `LANES`
    columns; short rows are copied to *tiles* in scratch memory, whose columns they become.
`long_rows`, `long_rows_loop`
    a row longer than the cache goes in *pieces*, on all threads.

The other files are the functions. `LOOPS` of each has a `Loop` for every ufunc (`operation`). Those
whose rows are done one by one are kernels that stand in `rowwise`; `from_kernels` makes their
loops.

Imports Numba, and is imported only when the store does not hold a loop.
"""
