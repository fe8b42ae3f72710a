"""The three custom resources as frozen models, and the stores they are read from."""
