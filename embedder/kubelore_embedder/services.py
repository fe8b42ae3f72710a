"""Loads the one model that this server serves, as what its files say that it is."""

import logging
from pathlib import Path

from kubelore.embedding.cpu import usable_cores
from kubelore.embedding.cross_encoder_files import is_cross_encoder
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.embedding.sentence_transformers_model import SentenceTransformersModel, is_installed
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.precision import Precision
from kubelore.settings import Settings
from kubelore_embedder.embedding_service import EmbeddingService
from kubelore_embedder.rerank_service import RerankService

_log = logging.getLogger(__name__)

Service = EmbeddingService | RerankService


def load_service(settings: Settings) -> Service:
    """Load the model of `settings.model_dir`, or the built-in one, after checking its files.

    Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    location = locate_model(settings.model_dir)
    location.verify()
    threads, precision = settings.embedding_threads or usable_cores(), Precision(settings.embedding_precision)
    if is_cross_encoder(location.folder):
        from kubelore.embedding.cross_encoder import CrossEncoder  # noqa: PLC0415 - what is served alone

        return RerankService(settings.embedding_model, CrossEncoder(location.folder, threads, precision))
    return EmbeddingService(settings.embedding_model, _sentence_model(location.folder, threads, precision))


def _sentence_model(folder: Path, threads: int, precision: Precision) -> OnnxModel | SentenceTransformersModel:
    """Load a sentence encoder on ONNX Runtime; one of another architecture by sentence-transformers, where that is.

    The latter computes in 32 bits only: nobody gets other numbers than were asked for.
    """
    try:
        return OnnxModel(folder, threads, precision)
    except KubeloreError as error:
        if error.code is not ErrorCode.MODEL_UNSUPPORTED or precision is Precision.INT8 or not is_installed():
            raise
        _log.info("%s: it is run by sentence-transformers", error.message)
    return SentenceTransformersModel(folder, threads)
