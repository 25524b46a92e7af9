"""What kernels are written in: scalar operations, elementary functions, their coefficients.

Never imports Numba.
"""
