"""Serves an embedding model over an OpenAI-shaped endpoint."""
