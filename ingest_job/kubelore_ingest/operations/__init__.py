"""The bodies of the Jobs, one operation a file."""
