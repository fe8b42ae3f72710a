"""Keeps other sites' pages, in a browser that reaches the gateway, from acting as someone without a credential.

A page may open WebSockets and post forms to any address, and its name may be made to lead to this machine.
"""

from urllib.parse import urlsplit

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.authenticate import LOOPBACK, OWNER
from kubelore_api.access.caller import Caller

_DETAIL = "a page of another site asks without a credential"


def require_own_page(caller: Caller, *, host: str, origin: str | None) -> None:
    """Raise KubeloreError FORBIDDEN for a request from another site's page; `host` and `origin` are its headers.

    A laptop's owner is trusted only under a name of the laptop itself.
    """
    from_elsewhere = origin is not None and urlsplit(origin).netloc != host
    misnamed = caller is OWNER and _name(host) not in LOOPBACK
    if from_elsewhere or misnamed:
        raise KubeloreError(ErrorCode.FORBIDDEN, "the request", _DETAIL)


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
