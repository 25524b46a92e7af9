"""The command line, `fa.check` and `fa.diagnose`, the documentation and what is complete."""
