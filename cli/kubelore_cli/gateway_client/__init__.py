"""Speaks to a running gateway, as any other client does."""
