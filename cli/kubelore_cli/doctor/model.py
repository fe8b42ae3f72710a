"""Looks at the built-in embedding model."""

from pydantic import SecretStr

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.factory import make_embedder
from kubelore.embedding.model_location import locate_model
from kubelore.settings import Settings
from kubelore_cli.doctor.check import Check, checked

_PROBE = "Does it answer?"


def check_model(settings: Settings) -> Check:
    """See that the model's files are whole, and that it embeds a sentence."""

    def look() -> str:
        location = locate_model(settings.model_dir)
        location.verify()
        embedder = make_embedder(EmbedderConfig(), settings, SecretStr(""))
        try:
            vector = embedder.embed_query(_PROBE).vector
        finally:
            embedder.close()
        checksums = "checksums hold" if location.checksums else "no checksums to hold it to"
        return f"{embedder.model}, {len(vector)} dimensions, {checksums}"

    return checked("embedding model", look)
