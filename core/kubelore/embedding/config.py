"""Which embedder to use, resolved from the resources, in a form that travels to a Job."""

from typing import Literal

from kubelore.documents.models import WireModel
from kubelore.resources.precision import Precision

BUILTIN_MODEL = "all-MiniLM-L6-v2"


class EmbedderConfig(WireModel):
    """An in-process embedder (`builtin`) or an OpenAI-shaped endpoint (`openai`).

    `precision` is that of the one in process. `base_url` ends before `/embeddings`. The API key never travels in it: a
    Job gets it from a Secret.
    """

    backend: Literal["builtin", "openai"] = "builtin"
    model: str = BUILTIN_MODEL
    base_url: str | None = None
    dimension: int | None = None
    query_prefix: str = ""
    passage_prefix: str = ""
    precision: Precision = Precision.FP32
