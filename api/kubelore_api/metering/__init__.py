"""Counts what each tenant uses, and reports it."""
