"""A small OpenID Connect issuer: discovery and keys over HTTP, and tokens as a test wants them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from kubelore.settings import Settings

AUDIENCE = "kubelore"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a key for RS256."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """Make a key for ES256."""
    return ec.generate_private_key(ec.SECP256R1())


def public_pem(key: PrivateKey) -> bytes:
    """Write the public half, as a naive verifier would hold it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class IdentityProvider:
    """A running issuer; what it says may be changed between requests."""

    url: str
    keys: dict[str, PrivateKey]
    away: bool = False
    requests: list[str] = field(default_factory=list)

    def settings(self, **more: Any) -> Settings:
        """The settings of a gateway that trusts it."""
        return Settings(oidc_issuer=self.url, oidc_audience=AUDIENCE, **more)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """What a good token says, with some of it changed; None takes a claim away."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann",
            "tenant": "acme",
            "groups": ["staff"],
            "roles": ["editor"],
            "iat": now,
            "exp": now + 600,
        }
        return {name: value for name, value in (good | changed).items() if value is not None}

    def token(self, key_id: str = "first", algorithm: str = "RS256", **changed: Any) -> str:
        """Issue a token."""
        return jwt.encode(self.claims(**changed), self.keys[key_id], algorithm, headers={"kid": key_id})

    def answer(self, path: str) -> dict[str, Any]:
        """Return the document at a path."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [_public(key, key_id) for key_id, key in self.keys.items()]}


@contextmanager
def identity_provider(*, bits: int = 2048) -> Iterator[IdentityProvider]:
    """Run an issuer with one key, `first`, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.requests.append(self.path)
            body = json.dumps(provider.answer(self.path)).encode()
            self.send_response(503 if provider.away else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}", {"first": rsa_key(bits)})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def _public(key: PrivateKey, key_id: str) -> dict[str, Any]:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": key_id, "use": "sig"}
    return {**ECAlgorithm.to_jwk(public, as_dict=True), "kid": key_id, "use": "sig"}
