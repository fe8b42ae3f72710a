"""What the process that fetches a model is told, and what it says on its way and at its end."""

from pydantic import Field

from kubelore.documents.models import StoredModel, WireModel
from kubelore.documents.record import Failure
from kubelore.resources.llm_server import ModelSource

MODEL_VARIABLE = "KUBELORE_MODEL"
"""The environment variable that holds the ModelOrder as JSON."""

HUB_TOKEN_VARIABLE = "HF_TOKEN"  # noqa: S105 - a variable's name
"""The environment variable with the access token for the Hugging Face hub, by the name that hub's own tools read."""

HUB_ENDPOINT_VARIABLE = "HF_ENDPOINT"
"""The environment variable with the address of a mirror of the hub, by the name that hub's own tools read."""

MODEL_LINK = "model.gguf"
"""The link in the target folder that leads to a model of a single GGUF file, whatever that file is called."""


class ModelOrder(WireModel):
    """Which model is wanted, and in which folder; `sha256` is for models of one file."""

    source: ModelSource
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    target: str = Field(pattern="^/.")


class ModelProgress(StoredModel):
    """How far the fetch is, as a line of standard output says it.

    `bytes_total` is missing where a server does not tell its file's size; `rate` is bytes a second.
    """

    bytes_done: int
    bytes_total: int | None = None
    rate: float = 0.0


class ModelDigest(StoredModel):
    """A model that was fetched whole.

    `path` is the file in the target folder, or `.` for a model of several files. `sha256` is that file's; that of
    several files is taken over their lines of `sha256sum`, sorted by path.
    """

    path: str
    sha256: str
    bytes: int


class FetchEnd(StoredModel):
    """The termination message: exactly one of the model that lies there and the failure."""

    model: ModelDigest | None = None
    failure: Failure | None = None
