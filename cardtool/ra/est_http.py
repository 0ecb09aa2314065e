"""EST's manners (RFC 7030, RFC 8951) over one RA's connections: base64 bodies, HTTP authentication, statuses."""

from __future__ import annotations

import ssl
import warnings
from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.exceptions import InsecureRequestWarning

from cardtool.errors import RaAnswerMalformed, RaBusy, RaError, RaFault
from cardtool.ra.http import Answer, Bearer, Call, Http
from cardtool.ra.lines import TrustingAdapter
from cardtool.ra.members import Members
from cardtool.ra.problems import seconds_to_wait

COLUMNS = 76
"""Of base64, RFC 2045 section 6.8: old servers read no longer lines."""


@dataclass(frozen=True, kw_only=True)
class EstCall(Call):
    """``content``: DER, of the media type ``kind``. ``accept``: the media type that is wanted."""

    accept: str
    content: bytes | None = None
    kind: str = ""
    auth: AuthBase | None = None


@dataclass(frozen=True, kw_only=True)
class EstAnswer(Answer):
    """Any answer below 500 that is no redirection; ``content`` as it was sent, usually base64."""

    content: bytes

    @property
    def kind(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()


class EstHttp(Http):
    """Sends ``EstCall``. What an answer below 500 means depends on the operation, so its caller judges it."""

    def ask(self, call: EstCall) -> EstAnswer:
        """Raises R-errors for what never arrived or is no answer, and Cancelled once closed."""
        answer = self.send(call)
        assert isinstance(answer, EstAnswer)
        return answer

    def _write(self, call: Call) -> tuple[dict[str, str], bytes | None]:
        assert isinstance(call, EstCall)
        headers = {"Accept": call.accept}
        if call.content is None:
            return headers, None
        headers |= {"Content-Type": call.kind, "Content-Transfer-Encoding": "base64"}
        return headers, in_lines(call.content)

    def _authorisation(self, call: Call) -> AuthBase:
        assert isinstance(call, EstCall)
        return call.auth or Bearer(None)

    def _judge(self, response: requests.Response, body: bytes) -> Answer | RaError:
        self._learn_skew(response.headers.get("Date"))
        status, wait = response.status_code, response.headers.get("Retry-After")
        if status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None:
            return RaBusy(seconds_to_wait(wait))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return RaFault(status)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return RaAnswerMalformed()
        return EstAnswer(status, Members({}), response.headers, content=body)


class UnprovenAdapter(TrustingAdapter):
    """Believes any server: only for certificates that a fingerprint proves (RFC 7030 section 4.1.1)."""

    def __init__(self, _context: ssl.SSLContext, *arguments: Any) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(context, *arguments)

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)  # that is what this adapter is for
            return super().send(*arguments, **options)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002
        conn.cert_reqs = "CERT_NONE"
        conn.ca_certs = None


def in_lines(der: bytes) -> bytes:
    """Base64 in lines that end with CRLF."""
    text = b64encode(der)
    return b"".join(text[start : start + COLUMNS] + b"\r\n" for start in range(0, len(text), COLUMNS))
