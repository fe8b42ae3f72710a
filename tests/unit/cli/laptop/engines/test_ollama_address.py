import pytest

from kubelore_cli.laptop.engines.ollama_address import ollama_address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - what it may hold
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        (":8000", "http://127.0.0.1:8000"),
        ("gpu.example.com", "http://gpu.example.com:11434"),
        ("http://gpu.example.com", "http://gpu.example.com:80"),
        ("https://gpu.example.com", "https://gpu.example.com:443"),
        ("https://gpu.example.com:8443/ollama/", "https://gpu.example.com:8443/ollama"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("[::]", "http://[::1]:11434"),
    ],
)
def test_the_address_is_the_one_that_ollamas_own_clients_ask(host: str, address: str) -> None:
    assert ollama_address(host) == address
