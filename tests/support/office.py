"""The RA of one case, reached through ``requests`` without a socket, so that each exchange is an act."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from starlette.testclient import TestClient
from urllib3 import HTTPResponse

from cardtool.ra.client import RaClient
from cardtool.ra.http import Limits
from server_stub.app import create_app
from server_stub.db.models import SignInSession
from server_stub.ra import Ra
from tests.support.acts import Acts
from tests.support.faults import NetworkFault, RaFault
from tests.support.template import ORIGIN, settings_of

AT_ONCE = Limits(back_off=())
"""No retry below the flow: every network fault must be survived by the flow itself."""


class Office:
    """``restart`` is a new process on the same database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self._app = create_app(settings_of(self._folder))
        self._client = TestClient(self._app, base_url=ORIGIN)
        self._client.__enter__()

    @property
    def ra(self) -> Ra:
        ra = self._app.state.ra
        assert isinstance(ra, Ra)
        return ra

    def stop(self) -> None:
        self._client.__exit__(None, None, None)

    def restart(self) -> None:
        self.stop()
        self._start()

    def change_issuing(self, unit: str, **members: object) -> None:
        """What the unit's file says below ``issuing``, until the next restart."""
        self._change(unit, "issuing", members)

    def change_card(self, unit: str, **members: object) -> None:
        """What it says below ``card``, likewise."""
        self._change(unit, "card", members)

    def _change(self, unit: str, part: str, members: dict[str, object]) -> None:
        ra, policy = self.ra, self.ra.policies[unit]
        update = {part: getattr(policy.unit, part).model_copy(update=members)}
        changed = replace(policy, unit=policy.unit.model_copy(update=update))
        self._app.state.ra = replace(ra, policies={**ra.policies, unit: changed})

    def end_sessions(self) -> None:
        with self.ra.act("test") as act:
            act.db.query(SignInSession).delete()

    def client(self, acts: Acts) -> RaClient:
        client = RaClient(ORIGIN, limits=AT_ONCE)
        client._http._session.mount(ORIGIN, Exchange(self, acts))
        return client

    def answer(self, request: requests.PreparedRequest) -> HTTPResponse:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        found = self._client.request(
            request.method or "", request.url or "", headers=dict(request.headers), content=body
        )
        return raw_response(found.status_code, dict(found.headers), found.content)


class Exchange(HTTPAdapter):
    """One request and its answer: recorded, and disturbed if the plan says so."""

    def __init__(self, office: Office, acts: Acts) -> None:
        super().__init__()
        self._office = office
        self._acts = acts

    def send(self, request: requests.PreparedRequest, *_args: object, **_kwargs: object) -> requests.Response:
        fault = self._acts.begin("http", f"{request.method} {request.path_url.split('?')[0]}")
        raw = self._disturbed(fault, request)
        self._acts.end()
        return self.build_response(request, raw)

    def _disturbed(self, fault: object, request: requests.PreparedRequest) -> HTTPResponse:
        if fault in (NetworkFault.REFUSED, NetworkFault.DROPPED_BEFORE):
            raise requests.ConnectionError
        if fault is RaFault.RESTARTED:
            self._office.restart()
        if fault is NetworkFault.SESSION_EXPIRED:
            self._office.end_sessions()
        if fault is NetworkFault.BAD_GATEWAY:
            return raw_response(502, {"Content-Type": "text/html"}, b"<html>Bad gateway</html>")
        answer = self._office.answer(request)
        if fault is NetworkFault.DROPPED_AFTER:
            raise requests.ConnectionError
        if fault is NetworkFault.TIMEOUT:
            raise requests.ReadTimeout
        if fault is NetworkFault.HTML:
            return raw_response(200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>")
        if fault is NetworkFault.TRUNCATED:
            return raw_response(answer.status, {"Content-Type": "application/json"}, answer.read()[:-2])
        return answer


def raw_response(status: int, headers: dict[str, str], body: bytes) -> HTTPResponse:
    return HTTPResponse(
        body=io.BytesIO(body), headers=headers, status=status, preload_content=False, decode_content=False
    )
