"""Which chat model to use, resolved from the resources."""

from kubelore.documents.models import WireModel


class ChatConfig(WireModel):
    """An OpenAI-shaped endpoint: `base_url` ends before `/chat/completions`. The API key never travels in it."""

    server: str
    model: str
    base_url: str
