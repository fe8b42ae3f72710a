"""Engine `external`: an endpoint that runs elsewhere."""

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import ModelServer


class ExternalEngine:
    """Runs nothing."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:  # noqa: ARG002 - the interface's
        """Return the address that the resource names; the model's rule makes sure that it does."""
        external = resource.spec.external
        if external is None:
            raise KubeloreError(ErrorCode.RESOURCE_INVALID, str(resource.key), "spec.external is missing")
        return ModelServer(endpoint=external.base_url.rstrip("/"))
