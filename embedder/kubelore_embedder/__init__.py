"""Serves an embedding or a reranking model over an OpenAI-shaped endpoint."""
