"""The judges: references, distances in ulp, what is drawn; and the tests that they can fail."""
