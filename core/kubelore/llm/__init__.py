"""Talks to chat models: one interface, one file per backend."""
