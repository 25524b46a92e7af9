"""What kernels are written in: scalar operations, elementary functions, words for rows.

Never imports Numba.
"""
