"""A model behind an OpenAI-shaped endpoint, resolved from the resources."""

from kubelore.documents.models import WireModel

DEFAULT_CONTEXT_LENGTH = 8192
"""Tokens; what llama.cpp is started with, and what nearly every hosted model reads at least."""


class ServedModel(WireModel):
    """An OpenAI-shaped endpoint: `base_url` ends before `/chat/completions`. The API key never travels in it.

    `context_length` is in tokens, of the conversation with its answer.
    """

    server: str
    model: str
    base_url: str
    context_length: int = DEFAULT_CONTEXT_LENGTH
