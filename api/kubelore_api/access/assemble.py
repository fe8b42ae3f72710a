"""Puts the authenticator together that the settings ask for."""

import aiohttp

from kubelore.settings import Settings
from kubelore_api.access.api_keys import ApiKeys
from kubelore_api.access.authenticate import Authenticator, SharedKey, Verifier, check_access, without_credential
from kubelore_api.access.signing_keys import SigningKeys
from kubelore_api.access.tokens import Tokens, check_tokens
from kubelore_api.database.database import Database


def check_access_settings(settings: Settings) -> None:
    """Raise KubeloreError SETTINGS_INVALID for settings under which callers could not be told apart."""
    check_access(settings)
    if settings.oidc_issuer:
        check_tokens(settings)


def make_authenticator(settings: Settings, session: aiohttp.ClientSession, database: Database | None) -> Authenticator:
    """Return the way of authenticating that the settings ask for; without any, it refuses everyone.

    API keys are taken where there is a database to keep them in.
    """
    verifiers: list[Verifier] = []
    if settings.gateway_api_key.get_secret_value():
        verifiers.append(SharedKey(settings.gateway_api_key))
    if database is not None:
        verifiers.append(ApiKeys(database))
    if settings.oidc_issuer:
        verifiers.append(Tokens(settings, SigningKeys(session, settings.oidc_issuer, settings.oidc_jwks_url)))
    return Authenticator(tuple(verifiers), without_credential(settings))
