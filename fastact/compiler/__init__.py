"""From a kernel to an inner loop in LLVM's words. Imports Numba, and is imported on a miss only."""
