"""Turns a file's bytes into text with headings, pages and metadata: one file per format."""
