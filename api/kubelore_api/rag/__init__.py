"""Turns a question into an answer with sources, one file a stage; knows nothing of HTTP."""
