import grpc
import pytest
from pymilvus.exceptions import MilvusException

from kubelore.errors import ErrorCode
from kubelore.vectorstore.failures import failure_of, place


class FakeRpcError(grpc.RpcError):
    def __init__(self, status: grpc.StatusCode) -> None:
        self._status = status

    def code(self) -> grpc.StatusCode:
        return self._status

    def details(self) -> str:
        return "the peer said so"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MilvusException(100, "collection 'x' does not exist"), ErrorCode.COLLECTION_NOT_FOUND),
        (MilvusException(1600, "alias not found"), ErrorCode.COLLECTION_NOT_FOUND),
        (MilvusException(2, "Fail connecting to server"), ErrorCode.VECTOR_STORE_UNREACHABLE),
        (MilvusException(grpc.StatusCode.UNAVAILABLE, "Retry run out"), ErrorCode.VECTOR_STORE_UNREACHABLE),
        (MilvusException(1, "Open local milvus failed"), ErrorCode.VECTOR_STORE_UNREACHABLE),
        (MilvusException(503, "channel not available", retriable=True), ErrorCode.VECTOR_STORE_UNREACHABLE),
        (FakeRpcError(grpc.StatusCode.DEADLINE_EXCEEDED), ErrorCode.VECTOR_STORE_UNREACHABLE),
        (FakeRpcError(grpc.StatusCode.UNAUTHENTICATED), ErrorCode.VECTOR_STORE_REFUSED),
        (MilvusException(1100, "invalid parameter"), ErrorCode.VECTOR_STORE_REFUSED),
        (ConnectionResetError(), ErrorCode.VECTOR_STORE_UNREACHABLE),
    ],
)
def test_an_engines_error_is_gone_missing_or_refused(error: Exception, code: ErrorCode) -> None:
    assert failure_of(error, "collection c", "http://milvus:19530").code is code


def test_a_failure_names_the_thing_and_the_place_without_credentials() -> None:
    failure = failure_of(MilvusException(1100, "bad\nsecond line"), "collection c", "https://root:pw@milvus:19530")

    assert "collection c at https://milvus:19530" in failure.message
    assert "pw" not in failure.message
    assert "second line" not in failure.message


def test_a_path_is_a_place_as_it_is() -> None:
    assert place("/state/milvus.db") == "/state/milvus.db"
