from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kubelore.resources.fields import DnsLabel, DnsSubdomain, Quantity, Unique, WebAddress
from kubelore.resources.llm_server import EnvVar


def taken(field: Any, value: object) -> Any:
    return TypeAdapter(field).validate_python(value)


@pytest.mark.parametrize("text", ["0", "2", "500m", "4Gi", "1.5", "5.", "1e3", "1E-3", "12E", "100k"])
def test_a_quantity_is_written_as_kubernetes_takes_it(text: str) -> None:
    assert taken(Quantity, text) == text


@pytest.mark.parametrize(
    "value", ["", "4GB", "-1", "+1", ".5", "1 Gi", "Gi", "1e", "\uff11", "4gi", True, 0.5, -1, None]
)
def test_anything_else_is_no_quantity(value: object) -> None:
    with pytest.raises(ValidationError):
        taken(Quantity, value)


def test_a_whole_number_is_a_quantity() -> None:
    assert taken(Quantity, 2) == "2"


@pytest.mark.parametrize("name", ["a", "a-b", "0a", "a" * 63])
def test_a_label_is_lower_case(name: str) -> None:
    assert taken(DnsLabel, name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a_b", "a" * 64, "a\n", "ä"])
def test_anything_else_is_no_label(name: str) -> None:
    with pytest.raises(ValidationError):
        taken(DnsLabel, name)


def test_a_subdomain_is_labels_with_dots_between_them() -> None:
    assert taken(DnsSubdomain, "a.b-c.d") == "a.b-c.d"
    with pytest.raises(ValidationError):
        taken(DnsSubdomain, "a..b")


@pytest.mark.parametrize(
    "address", ["http://a", "https://a.example:8443/b?c=d#e", "http://[::1]:80/", "https://例子.example/页"]
)
def test_an_address_may_have_a_port_a_path_and_a_query(address: str) -> None:
    assert taken(WebAddress, address) == address


@pytest.mark.parametrize(
    "address", ["ftp://a", "a.example", "http://", "http://user:secret@a", "http://a/b c", " http://a"]
)
def test_an_address_holds_no_credentials_and_no_spaces(address: str) -> None:
    with pytest.raises(ValidationError):
        taken(WebAddress, address)


def test_what_stands_twice_is_named() -> None:
    with pytest.raises(ValidationError, match="must not hold b twice"):
        taken(Annotated[tuple[str, ...], Unique()], ["a", "b", "c", "b"])
    with pytest.raises(ValidationError, match="must not hold A twice"):
        taken(Annotated[tuple[EnvVar, ...], Unique("name")], [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}])
