"""Inner loops over rows. Imports Numba, and is imported on a miss only."""
