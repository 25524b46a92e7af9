"""The whole catalogue against other packages; `pytest tests/peers` needs the extra `peers`."""
