"""What the OpenAPI description allows is answered, and never with an error of the gateway's own."""

from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from support.fake_chat_server import FakeChatServer
from support.gateway import Gateway

NAMES = {"name": "handbook", "model": "assisted", "knowledge_base": "handbook"}
"""Put where a name is asked for, so that more than the first check is reached."""

BOUNDED = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_no_request_that_is_allowed_ends_in_a_server_error(
    gateway: Gateway, chat: FakeChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No worker ends the tasks here, so that waiting for one would only take time.
    monkeypatch.setattr("kubelore_api.routes.knowledge.PATIENCE_SECONDS", 0.0)
    assert chat is gateway.chat
    schema = schemathesis.openapi.from_url(f"{gateway.url}/openapi.json")
    operations = [found.ok() for found in schema.exclude(path="/readyz").get_all_operations()]
    assert len(operations) > 20
    for operation in operations:

        @BOUNDED
        @given(case=operation.as_strategy())
        def answered(case: Any) -> None:
            for parameters in (case.path_parameters, case.body):
                if isinstance(parameters, dict):
                    parameters.update({name: value for name, value in NAMES.items() if name in parameters})
            reply = case.call(timeout=60)
            assert reply.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (case.as_curl_command(), reply.text)

        answered()
