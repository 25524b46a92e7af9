"""Compiled code: the store, threads, processes, the same bits everywhere, use inside `@njit`."""
