"""Keeps what takes time to find out again; nothing here is the truth of anything."""
