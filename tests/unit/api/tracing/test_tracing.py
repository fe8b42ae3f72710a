import sys

import pytest

from kubelore.errors import KubeloreError
from kubelore.settings import Settings
from kubelore_api.tracing.tracing import make_tracing


def test_without_the_extra_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(KubeloreError, match=r"KUBELORE_TRACES.*pip install kubelore\[opentelemetry\]"):
        make_tracing(Settings(traces="otlp"))


def test_without_the_extra_nothing_is_missed_that_was_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert not make_tracing(Settings()).spans.are_on


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "kubelore-gateway"),
        ({"OTEL_SERVICE_NAME": "answers"}, "answers"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=answers,team=a"}, "answers"),
    ],
)
def test_the_service_has_the_name_that_the_environment_gives_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    tracing = make_tracing(Settings(traces="otlp"))
    assert tracing.provider is not None
    assert tracing.provider.resource.attributes["service.name"] == name
    tracing.close()
