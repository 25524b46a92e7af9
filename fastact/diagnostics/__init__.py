"""What tells whether an activation, or a layer of them, is right."""
