"""Softmax and its family: the functions along an axis, and their options."""
