"""Functions along an axis."""
