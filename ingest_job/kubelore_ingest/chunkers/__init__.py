"""Cuts a parsed document's text into chunks that an embedding model can read: one file per strategy."""
