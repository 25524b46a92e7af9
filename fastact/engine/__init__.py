"""From kernels to NumPy ufuncs: compiling, storing, loading and sharing among threads."""
