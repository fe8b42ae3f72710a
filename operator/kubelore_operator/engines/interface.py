"""What every inference engine says of itself."""

from typing import Protocol

from kubelore.resources.llm_server import LLMServer
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import ModelServer


class InferenceEngine(Protocol):
    """A way to run a model behind an OpenAI-shaped address."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:
        """Say what has to run for this resource, and where clients will find it."""
        ...
