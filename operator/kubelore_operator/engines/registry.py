"""Which engine is run by which module."""

from collections.abc import Mapping
from types import MappingProxyType

from kubelore.resources.llm_server import Engine
from kubelore_operator.engines.embedder import EmbedderEngine
from kubelore_operator.engines.external import ExternalEngine
from kubelore_operator.engines.interface import InferenceEngine
from kubelore_operator.engines.llamacpp import LlamaCppEngine
from kubelore_operator.engines.ollama import OllamaEngine
from kubelore_operator.engines.vllm import VllmEngine

ENGINES: Mapping[Engine, InferenceEngine] = MappingProxyType(
    {
        Engine.EMBEDDER: EmbedderEngine(),
        Engine.EXTERNAL: ExternalEngine(),
        Engine.LLAMACPP: LlamaCppEngine(),
        Engine.OLLAMA: OllamaEngine(),
        Engine.VLLM: VllmEngine(),
    }
)
