"""The class `Activation`, and all ways to make one: declared, from a function, by algebra."""
