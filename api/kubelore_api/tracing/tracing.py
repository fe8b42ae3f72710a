"""Decides whether spans are made, and where they go."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import Tracer

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_api.tracing.spans import NO_SPANS, Spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_SCOPE = "kubelore"
_SERVICE = "kubelore-gateway"
_NAMELESS = "unknown_service"
"""What the SDK calls a service that neither OTEL_SERVICE_NAME nor OTEL_RESOURCE_ATTRIBUTES names."""

_OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""The gateway measures itself, and to find that there is nothing to tell took 7 % of a passed-through request."""

_UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Probes and scrapes come every few seconds, and tell nothing."""

_MISSING_EXTRA = "the extra `opentelemetry` is not installed: pip install kubelore[opentelemetry]"


@dataclass(frozen=True, slots=True)
class Tracing:
    """What makes spans, and what sends them; no provider where they are off."""

    spans: Spans
    provider: "TracerProvider | None" = None

    @property
    def of_requests(self) -> TelemetryConfig:
        """How the framework makes the span that stands around a request's others."""
        if self.provider is None:
            return _OFF
        return {
            **_OFF,
            "tracing": True,
            "tracer_provider": self.provider,
            "operation_spans": False,
            "exclude": _is_untraced,
        }

    def close(self) -> None:
        """Send what is left, which takes seconds where nobody takes it; blocks."""
        if self.provider is not None:
            self.provider.shutdown()


def make_tracing(settings: Settings) -> Tracing:
    """Return what makes spans, as the settings say.

    Raises KubeloreError SETTINGS_INVALID where they are wanted and the extra is missing.
    """
    if settings.traces == "off":
        return Tracing(NO_SPANS)
    provider = _sending_provider()
    tracer: Tracer = provider.get_tracer(_SCOPE, version("kubelore"))
    return Tracing(Spans(tracer, are_on=True, with_contents=settings.trace_contents), provider)


def _sending_provider() -> "TracerProvider":
    """Return what sends spans by OTLP over HTTP, to where the standard `OTEL_*` variables say."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, "KUBELORE_TRACES", _MISSING_EXTRA) from error
    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith(_NAMELESS):
        resource = resource.merge(Resource({SERVICE_NAME: _SERVICE}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in _UNTRACED
