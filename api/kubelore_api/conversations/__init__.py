"""Assistants, and what was said: kept in SQL, by tenant and user."""
