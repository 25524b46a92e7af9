"""How accurate the functions are on this machine, measured: what `fastact verify` runs.

`reference` knows the true values and shares nothing with the kernels, `sample` says which inputs
are tried, `judge` compares, and `run` spreads the work over processes and keeps what is done.
"""
