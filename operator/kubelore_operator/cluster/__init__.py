"""The only code that talks to the API server, and what is remembered of it."""
