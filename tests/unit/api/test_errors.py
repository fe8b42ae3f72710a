from http import HTTPStatus

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.errors import RequestError, error_object, error_response, status_of


def test_an_error_has_the_shape_of_openais() -> None:
    error = RequestError(ErrorCode.RESOURCE_NOT_FOUND, "model", subject="KnowledgeBase docs")
    assert error_object(error) == {
        "error": {
            "message": "KnowledgeBase docs: the resource does not exist; check its name and namespace",
            "type": "invalid_request_error",
            "param": "model",
            "code": "RESOURCE_NOT_FOUND",
        }
    }


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_status_of_an_error(code: ErrorCode) -> None:
    assert status_of(code) >= HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.CHAT_UNREACHABLE,
        ErrorCode.EMBEDDER_UNREACHABLE,
        ErrorCode.VECTOR_STORE_UNREACHABLE,
        ErrorCode.OBJECT_STORE_UNREACHABLE,
        ErrorCode.CLUSTER_UNREACHABLE,
        ErrorCode.RESOURCE_NOT_READY,
    ],
)
def test_what_does_not_answer_may_be_asked_again(code: ErrorCode) -> None:
    assert error_response(KubeloreError(code, "x")).headers["retry-after"] == "5"


def test_a_missing_key_is_asked_for() -> None:
    response = error_response(KubeloreError(ErrorCode.UNAUTHENTICATED, "Authorization"))
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
