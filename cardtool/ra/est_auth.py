"""HTTP authentication at EST servers (RFC 7030 section 3.2.3): Digest where it is offered, else Basic.

requests has a Digest of its own; it finds the challenge by reading a refusal of whatever size.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from requests import PreparedRequest
from requests.auth import AuthBase

from cardtool.errors import ArgumentInvalid, NotAllowed
from cardtool.secret import Secret

PARAMETER = re.compile(
    r'(?:^|,)\s*(?:(?P<scheme>[\w-]+)\s+)?(?P<name>[\w-]+)\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^\s,"]+)'
)
# RFC 7616 section 3.3, the stronger first. MD5 is no worse than the Basic it stands for: TLS protects both.
DIGESTS: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
FIRST_USE = "00000001"
"""The nonce count: every call asks for a nonce of its own."""


@dataclass(frozen=True)
class Credentials:
    """A name and password that the EST server knows; both stay the caller's."""

    name: str
    password: Secret


def authorisation(challenge: str, credentials: Credentials) -> AuthBase:
    """What answers a server's WWW-Authenticate.

    Raises NotAllowed where it offers neither Digest nor Basic, ArgumentInvalid("account") for a name that
    neither can carry.
    """
    if ":" in credentials.name or not credentials.name.isprintable():
        raise ArgumentInvalid("account")
    offered = _digest_challenges(challenge)
    for algorithm in DIGESTS:
        if algorithm in offered:
            return _Digest(offered[algorithm], algorithm, credentials)
    if re.search(r"\bbasic\b", challenge, re.IGNORECASE) is None:
        raise NotAllowed
    return _Basic(credentials)


class _Basic(AuthBase):
    """RFC 7617, in UTF-8."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        pair = self._credentials.name.encode() + b":" + self._credentials.password.bytes()
        request.headers["Authorization"] = f"Basic {b64encode(pair).decode('ascii')}"
        return request


class _Digest(AuthBase):
    """RFC 7616 with qop=auth, or without any as in RFC 2069."""

    def __init__(self, challenge: Mapping[str, str], algorithm: str, credentials: Credentials) -> None:
        self._challenge = challenge
        self._algorithm = algorithm
        self._credentials = credentials

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        asked, uri = self._challenge, request.path_url
        quoted = {"username": self._credentials.name, "realm": asked["realm"], "nonce": asked["nonce"]}
        bare = {"algorithm": self._algorithm}
        quoted |= {"uri": uri} | ({"opaque": asked["opaque"]} if "opaque" in asked else {})
        if "qop" in asked:
            quoted |= {"cnonce": secrets.token_hex(16)}
            bare |= {"qop": "auth", "nc": FIRST_USE}
        quoted |= {"response": self._response(f"{request.method}:{uri}", quoted.get("cnonce"))}
        fields = [f'{name}="{_escaped(value)}"' for name, value in quoted.items()]
        fields += [f"{name}={value}" for name, value in bare.items()]
        # UTF-8 in the end: the library sends headers as ISO 8859-1.
        request.headers["Authorization"] = f"Digest {', '.join(fields)}".encode().decode("latin-1")
        return request

    def _response(self, act: str, client_nonce: str | None) -> str:
        """RFC 7616 section 3.4.1."""
        digest, nonce = DIGESTS[self._algorithm], self._challenge["nonce"]
        owner = f"{self._credentials.name}:{self._challenge['realm']}:".encode()
        secret = digest(owner + self._credentials.password.bytes())
        between = nonce if client_nonce is None else f"{nonce}:{FIRST_USE}:{client_nonce}:auth"
        return digest(f"{secret}:{between}:{digest(act.encode())}".encode())


def _digest_challenges(header: str) -> dict[str, dict[str, str]]:
    """The Digest challenges that can be answered, by algorithm; one header may hold several, of any scheme."""
    challenges: list[tuple[str, dict[str, str]]] = []
    for found in PARAMETER.finditer(header):
        if found["scheme"]:
            challenges.append((found["scheme"].lower(), {}))
        if challenges:
            challenges[-1][1][found["name"].lower()] = _unquoted(found["value"])
    return {
        asked.get("algorithm", "MD5").upper(): asked
        for scheme, asked in challenges
        if scheme == "digest" and {"realm", "nonce"} <= asked.keys() and _has_auth(asked)
    }


def _has_auth(asked: Mapping[str, str]) -> bool:
    return "auth" in (word.strip() for word in asked.get("qop", "auth").split(","))


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
