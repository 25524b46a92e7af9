"""What type checkers, editors and `help` are told about the public names."""
