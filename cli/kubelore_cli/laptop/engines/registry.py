"""Which engine runs on this machine, and by which module."""

from collections.abc import Mapping
from types import MappingProxyType

from kubelore.resources.llm_server import Engine
from kubelore_cli.laptop.engines.embedder import EmbedderEngine
from kubelore_cli.laptop.engines.interface import LocalEngine
from kubelore_cli.laptop.engines.llamacpp import LlamaCppEngine
from kubelore_cli.laptop.engines.ollama import OllamaEngine

LOCAL_ENGINES: Mapping[Engine, LocalEngine] = MappingProxyType(
    {
        Engine.EMBEDDER: EmbedderEngine(),
        Engine.LLAMACPP: LlamaCppEngine(),
        Engine.OLLAMA: OllamaEngine(),
    }
)
