"""Elementwise activations, gated pairs, the algebra and activations of one's own."""
