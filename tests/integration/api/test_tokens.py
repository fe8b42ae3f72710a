"""Tokens of an OpenID Connect issuer at the gateway's door."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from kubelore.resources.folder import FolderResourceStore
from kubelore_api.app import create_app
from support.gateway import serving
from support.http import Reply, get, post
from support.identity_provider import IdentityProvider, ec_key, identity_provider, public_pem, rsa_key
from support.processes import free_port


@dataclass(frozen=True, slots=True)
class Door:
    """A gateway that takes one issuer's tokens."""

    url: str
    issuer: IdentityProvider

    def knock(self, token: str) -> Reply:
        """Ask for the list of models."""
        return get(f"{self.url}/v1/models", {"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    (folder / "manifests").mkdir()
    with identity_provider() as issuer:
        issuer.keys["curve"] = ec_key()
        # Nothing behind it is asked before the door opens.
        settings = issuer.settings(
            resources=str(folder), state_dir=folder / "state", vector_store=f"http://127.0.0.1:{free_port()}"
        )
        resources = FolderResourceStore(folder / "manifests", folder / "state.db", "default")
        with serving(create_app(settings, resources)) as url:
            yield Door(url, issuer)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(issuer: IdentityProvider, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{part(issuer.claims())}."


def signed(issuer: IdentityProvider, key: Any, algorithm: str, **headers: Any) -> str:
    return jwt.encode(issuer.claims(), key, algorithm, headers={"kid": "first", **headers})


def confused(issuer: IdentityProvider) -> str:
    """Sign with the public key as if it were a shared secret; PyJWT itself would refuse to."""
    content = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{part(issuer.claims())}"
    digest = hmac.new(public_pem(issuer.keys["first"]), content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def nested(issuer: IdentityProvider) -> str:
    inner = issuer.token()
    return jwt.PyJWS().encode(inner.encode(), issuer.keys["first"], "RS256", headers={"kid": "first", "cty": "JWT"})


def deep(issuer: IdentityProvider) -> str:
    header = base64.urlsafe_b64encode(b"[" * 5000 + b"]" * 5).rstrip(b"=").decode()
    return f"{header}.{part(issuer.claims())}.AAAA"


def changed_after_signing(issuer: IdentityProvider) -> str:
    header, _, signature = issuer.token().split(".")
    return f"{header}.{part(issuer.claims(tenant='other'))}.{signature}"


def embedded_key(issuer: IdentityProvider) -> str:
    key = rsa_key()
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return signed(issuer, key, "RS256", jwk=jwk)


NOW = int(time.time())

BAD: dict[str, Callable[[IdentityProvider], str]] = {
    "no algorithm": lambda issuer: unsigned(issuer, "none"),
    "no algorithm, spelt otherwise": lambda issuer: unsigned(issuer, "nOnE"),
    "the algorithm's name as a list": lambda issuer: f"{part({'alg': ['RS256']})}.{part(issuer.claims())}.AAAA",
    "another key": lambda issuer: signed(issuer, rsa_key(), "RS256"),
    "a key of its own in the header": embedded_key,
    "an address of a key in the header": lambda issuer: signed(
        issuer, rsa_key(), "RS256", jku="http://127.0.0.1:1/keys"
    ),
    "an unknown key id": lambda issuer: jwt.encode(
        issuer.claims(), issuer.keys["first"], "RS256", headers={"kid": "../../dev/null"}
    ),
    "key confusion": confused,
    "a shared secret": lambda issuer: signed(issuer, "s" * 64, "HS256"),
    "an algorithm that isn't allowed": lambda issuer: signed(issuer, issuer.keys["first"], "RS512"),
    "another kind of key": lambda issuer: signed(issuer, ec_key(), "ES256"),
    "expired": lambda issuer: issuer.token(exp=NOW - 60),
    "without an end": lambda issuer: issuer.token(exp=None),
    "an end that is no time": lambda issuer: issuer.token(exp="tomorrow"),
    "not yet valid": lambda issuer: issuer.token(nbf=NOW + 3600),
    "another audience": lambda issuer: issuer.token(aud="other"),
    "without an audience": lambda issuer: issuer.token(aud=None),
    "another issuer": lambda issuer: issuer.token(iss="https://evil.example"),
    "an issuer that begins the same": lambda issuer: issuer.token(iss=f"{issuer.url}/x"),
    "without a subject": lambda issuer: issuer.token(sub=None),
    "without a tenant": lambda issuer: issuer.token(tenant=None),
    "a tenant that is a filter": lambda issuer: issuer.token(tenant='acme" or tenant_id != "'),
    "a tenant that is a list": lambda issuer: issuer.token(tenant=["acme", "other"]),
    "groups that are no names": lambda issuer: issuer.token(groups=[{"name": "staff"}]),
    "more groups than anyone has": lambda issuer: issuer.token(groups=[f"g{number}" for number in range(500)]),
    "changed after it was signed": changed_after_signing,
    "without its signature": lambda issuer: issuer.token().rpartition(".")[0] + ".",
    "huge": lambda issuer: issuer.token(filler="x" * 20_000),
    "nested": nested,
    "nested deeper than a parser goes": deep,
    "five parts": lambda issuer: f"{issuer.token()}.AAAA.BBBB",
    "two parts": lambda issuer: issuer.token().rpartition(".")[0],
    "no base64": lambda _issuer: "!!!.???.***",
    "nothing but dots": lambda _issuer: "..",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_in_the_shape_of_every_other(door: Door, name: str) -> None:
    reply = door.knock(BAD[name](door.issuer))
    nobody = get(f"{door.url}/v1/models")
    assert reply.status == nobody.status == 401
    assert reply.body == nobody.body
    varying = {"x-request-id", "date"}
    assert {header: value for header, value in reply.headers.items() if header.lower() not in varying} == {
        header: value for header, value in nobody.headers.items() if header.lower() not in varying
    }


@pytest.mark.parametrize(("key", "algorithm"), [("first", "RS256"), ("curve", "ES256")])
def test_a_good_token_opens(door: Door, key: str, algorithm: str) -> None:
    assert door.knock(door.issuer.token(key, algorithm)).status == 200


def test_a_reader_may_not_bring_documents_in(door: Door) -> None:
    token = door.issuer.token(roles=["reader"])
    reply = post(f"{door.url}/v1/files", b"", {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"})
    assert (reply.status, reply.json["error"]["type"]) == (403, "permission_error")


def test_not_even_a_tenants_admin_sees_the_metrics(door: Door) -> None:
    token = door.issuer.token(roles=["admin"])
    assert get(f"{door.url}/metrics", {"Authorization": f"Bearer {token}"}).status == 403
