"""Brings files into a knowledge base through a running gateway."""
