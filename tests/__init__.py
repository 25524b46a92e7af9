"""The test suite: one file per property, each over the whole catalogue `fastact.activations`."""
