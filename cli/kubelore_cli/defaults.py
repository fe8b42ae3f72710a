"""Defaults that stand in the help, and so must cost nothing to import."""

GATEWAY_URL = "http://127.0.0.1:8080"
