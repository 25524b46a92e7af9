"""Arrays of other packages at the door of functions that are more than a ufunc.

A ufunc of elements is passed on to whatever container it is called with, as NumPy does. A function
along an axis, a loss or a gated pair is not: containers hand over blocks, columns or flat buffers
in the place of the array. `public` opens their arguments: pandas, polars and xarray give an array,
and what comes out is put into a container like it; dask's arrays stay lazy where there is a way;
all else is a TypeError that says what to pass. `docs/containers.md` has the table.
"""
