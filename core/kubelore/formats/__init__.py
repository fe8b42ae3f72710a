"""Tells what a file is, by its content and its name; reading it is the ingest job's."""
