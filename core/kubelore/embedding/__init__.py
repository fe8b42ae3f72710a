"""Turns texts into vectors: one interface, one file per backend."""
