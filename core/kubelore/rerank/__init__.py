"""Scores passages against a question: one interface, one file per backend."""
