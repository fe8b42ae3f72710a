"""Answers questions over knowledge bases to any OpenAI client."""
