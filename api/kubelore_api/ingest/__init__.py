"""Hands documents over to the ingest, and tells how far it is."""
