"""What runs a model: one file an inference engine."""
