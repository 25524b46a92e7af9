"""Machine code: emitting it, keeping it on disk, loading it, running it on threads, as ufuncs.

Never imports Numba.
"""
