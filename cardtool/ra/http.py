"""JSON over HTTP to one RA: bounded in time and size, retried only where nothing can be done twice.

Nothing of requests leaves this module: every failure becomes an error of cardtool/errors.py, raised outside
the ``except`` block, because requests' exceptions carry the request with its token and passwords.
"""

from __future__ import annotations

import json
import logging
import secrets
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import monotonic
from typing import Any

import requests
from requests.auth import AuthBase
from requests.exceptions import ConnectTimeout, ReadTimeout, SSLError
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cardtool.errors import (
    Cancelled,
    RaAnswerMalformed,
    RaError,
    RaFault,
    RaNotTrusted,
    RaTimeout,
    RaUnreachable,
)
from cardtool.log import event
from cardtool.ra.address import RaAddress
from cardtool.ra.lines import Lines, TrustingAdapter
from cardtool.ra.members import Members, parse_json
from cardtool.ra.problems import error_of_answer, error_of_fault
from cardtool.ra.proxies import Way, Ways, never_connected, proxy_on
from cardtool.ra.tls import shown_issuer, trusting_context
from cardtool.secret import Secret

log = logging.getLogger(__name__)

JSON_TYPES = ("application/json", "application/problem+json")
CHUNK = 64 * 1024
MAY_PASS = (RaUnreachable, RaTimeout, RaFault)


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes, attempts. ``patience`` bounds one call with all its attempts (spec 4.3: 20 s)."""

    connect: float = 5.0
    read: float = 10.0
    answer: float = 15.0
    patience: float = 18.0
    size: int = 4 * 1024 * 1024
    back_off: tuple[float, ...] = (0.5, 1.5)


@dataclass(frozen=True)
class Call:
    """One logical request. ``key``: its Idempotency-Key; ``repeatable``: doing it twice is doing it once."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    key: str | None = None
    repeatable: bool = True


@dataclass(frozen=True)
class Answer:
    status: int
    members: Members
    headers: Mapping[str, str]


class Http:
    """One RA's connections. Used by one thread at a time; ``close`` may come from any other."""

    def __init__(
        self,
        address: RaAddress,
        *,
        anchors: str = "",
        limits: Limits | None = None,
        proxies: Mapping[str, str] | None = None,
        adapter: type[TrustingAdapter] = TrustingAdapter,
    ) -> None:
        """``anchors``: PEM, trusted besides the system's. ``proxies``: in place of the system's."""
        self.address = address
        self.token: Secret | None = None
        self.skew_seconds: float | None = None
        self._limits = limits or Limits()
        self._lines = Lines()
        self._closed = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc; the environment's proxies are among the ways
        self._ways = Ways(address, proxies, self._lines)
        self._way: Way = {}
        self._session.mount("https://", adapter(trusting_context(anchors), self._lines))
        self._session.mount("http://", TrustingAdapter(trusting_context(), self._lines))

    def close(self) -> None:
        """End everything; a call that is under way on another thread raises Cancelled."""
        self._closed.set()
        self._lines.close()
        self._session.close()

    def send(self, call: Call) -> Answer:
        """The answer, 2xx only. Raises R-errors, and Cancelled once closed."""
        give_up = monotonic() + self._limits.patience
        pauses = iter(self._limits.back_off if call.repeatable else ())
        while True:
            outcome = self._attempt(call, give_up - monotonic())
            if isinstance(outcome, Answer):
                return outcome
            pause = next(pauses, None)
            if self._closed.is_set():
                raise Cancelled
            if not isinstance(outcome, MAY_PASS) or pause is None or monotonic() + pause >= give_up:
                raise outcome
            self._closed.wait(pause)

    def _attempt(self, call: Call, patience: float) -> Answer | RaError:
        if self._closed.is_set():
            return RaUnreachable()
        before = monotonic()
        with self._lines.deadline(min(self._limits.answer, patience)) as passed:
            outcome = self._exchange(call, passed)
        if passed.is_set() and not isinstance(outcome, Answer):
            outcome = RaTimeout()
        self._note(call, outcome, monotonic() - before)
        return outcome

    def _exchange(self, call: Call, passed: threading.Event) -> Answer | RaError:
        try:
            with self._request(call, passed) as response:
                return self._judge(response, self._read(response))
        except RaError as error:
            return error
        except (ConnectTimeout, ReadTimeout, ReadTimeoutError):
            return RaTimeout()
        except SSLError as error:
            return self._unreachable() if _broke_off(error) else self._not_trusted()
        except (requests.RequestException, HTTPError, OSError):
            return self._unreachable()

    def _request(self, call: Call, passed: threading.Event) -> requests.Response:
        """By the first way that leads to the RA at all; where none does, how the last one failed."""
        *ways, last = self._ways
        if passed.is_set():  # finding them took all the time
            raise RaTimeout
        for way in ways:
            try:
                return self._request_by(way, call)
            except requests.RequestException as error:
                if passed.is_set() or self._closed.is_set() or not never_connected(error):
                    raise
        return self._request_by(last, call)

    def _request_by(self, way: Way, call: Call) -> requests.Response:
        headers, data = self._write(call)
        self._way = way
        response = self._session.request(
            call.method,
            self.address.base + call.path,
            params=call.query,
            data=data,
            headers={**headers, "Accept-Encoding": "identity"},
            auth=self._authorisation(call),
            timeout=(self._limits.connect, self._limits.read),
            allow_redirects=False,
            stream=True,
            proxies=dict(way),
        )
        self._ways.prefer(way)
        return response

    def _write(self, call: Call) -> tuple[dict[str, str], bytes | None]:
        """Headers and body of a request; with ``_judge``, what another protocol has of its own."""
        headers = {"Accept": ", ".join(JSON_TYPES)}
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        if call.body is None:
            return headers, None
        headers["Content-Type"] = "application/json"
        return headers, json.dumps(call.body, ensure_ascii=False).encode("utf-8")

    def _authorisation(self, _call: Call) -> AuthBase:
        return Bearer(self.token)

    def _read(self, response: requests.Response) -> bytes:
        """The body as it was sent: bounded, and never unpacked (a small packed answer may be a huge one)."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise RaAnswerMalformed
        body = bytearray()
        while chunk := response.raw.read1(CHUNK):
            body += chunk
            if len(body) > self._limits.size:
                raise RaAnswerMalformed
        return bytes(body)

    def _judge(self, response: requests.Response, body: bytes) -> Answer | RaError:
        self._learn_skew(response.headers.get("Date"))
        status = response.status_code
        is_json = response.headers.get("Content-Type", "").split(";")[0].strip().lower() in JSON_TYPES
        if status == HTTPStatus.NO_CONTENT:
            return Answer(status, Members({}), response.headers)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return error_of_fault(status, body if is_json else b"")
        if not is_json or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return RaAnswerMalformed()
        members = Members(parse_json(body))
        if response.ok:
            return Answer(status, members, response.headers)
        return error_of_answer(status, members, response.headers.get("Retry-After"))

    def _learn_skew(self, date: str | None) -> None:
        try:
            there = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if there.tzinfo is not None:
            self.skew_seconds = (there - datetime.now(UTC)).total_seconds()

    def _unreachable(self) -> RaUnreachable:
        return RaUnreachable("proxy" if proxy_on(self._way, self.address) else "")

    def _not_trusted(self) -> RaNotTrusted:
        address = self.address
        return RaNotTrusted(shown_issuer(address.host, address.port, proxy_on(self._way, address)))

    def _note(self, call: Call, outcome: Answer | RaError, seconds: float) -> None:
        status = outcome.status if isinstance(outcome, Answer) else 0
        code = outcome.code if isinstance(outcome, RaError) else ""
        event(log, "ra-call", method=call.method, status=status, code=code, seconds=round(seconds, 3))


class Bearer(AuthBase):
    """Sets the session's token. Being there, it also keeps requests from reading ~/.netrc."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token.text()}"
        return request


def _broke_off(error: BaseException) -> bool:
    """Whether the connection ended inside TLS: that is a network fault, not a matter of trust."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def new_key() -> str:
    """An Idempotency-Key for one logical mutation."""
    return secrets.token_hex(16)
