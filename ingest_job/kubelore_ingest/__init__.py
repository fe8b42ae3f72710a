"""Reads, parses, chunks, embeds and writes documents: what runs inside a Job."""
