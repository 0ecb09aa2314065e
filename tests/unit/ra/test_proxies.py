"""Which proxy is taken, whose word counts first, and what happens when a proxy does not answer."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cardtool.errors import RaFault, RaNotTrusted, RaTimeout, RaUnreachable
from cardtool.ra import proxies
from cardtool.ra.address import RaAddress
from cardtool.ra.est import EstClient
from cardtool.ra.http import Call, Http, Limits
from cardtool.ra.lines import Lines
from cardtool.ra.proxies import Ways
from tests.unit.pki.authority import Authority
from tests.unit.ra.rough_server import Behaviour, RoughServer, answer, drop, problem, serving
from tests.unit.ra.test_tls import ISSUER, pem, server_context

GET = Call("GET", "/api/v1/info")
POST = Call("POST", "/api/v1/orders", {"kind": "apply"}, repeatable=False)
LIMITS = Limits(connect=5, read=5, answer=20, patience=25, back_off=())
OF_ENVIRONMENT = "http://from.environment:1"
OF_PAC = "http://from.pac:1"
RA = RaAddress.parse("https://ra.test")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("RA root")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor the system says anything."""
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_PROXY".upper(), raising=False)
    monkeypatch.setattr(proxies, "system_pac_url", lambda: "")


@pytest.fixture
def system_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the system name a PAC file with this answer."""

    def name(result: str) -> None:
        file = tmp_path / "proxy.pac"
        file.write_text(f"function FindProxyForURL(url, host) {{ return '{result}'; }}")
        monkeypatch.setattr(proxies, "system_pac_url", file.as_uri)

    return name


def tunnel_to(port: int) -> Behaviour:
    """What a proxy does on CONNECT, wherever the client wanted to go."""

    def carry(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as there, suppress(OSError):
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            onward = {client: there, there: client}
            while True:
                for ready in select.select([*onward], [], [], 10)[0]:
                    piece = ready.recv(65536)
                    if not piece:
                        return
                    onward[ready].sendall(piece)

    return carry


@contextmanager
def ra_behind_proxy(
    authority: Authority, folder: Path, *behaviours: Behaviour
) -> Iterator[tuple[RoughServer, RoughServer]]:
    context = server_context(authority, folder, host="ra.test")
    with serving(*behaviours, context=context) as ra, serving(tunnel_to(ra.port)) as proxy:
        yield ra, proxy


@contextmanager
def client(authority: Authority, url: str = "https://ra.test") -> Iterator[Http]:
    http = Http(RaAddress.parse(url), anchors=pem(authority), limits=LIMITS)
    try:
        yield http
    finally:
        http.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def first(url: str = "https://ra.test", given: dict[str, str] | None = None) -> dict[str, str]:
    address = RaAddress.parse(url)
    way = next(iter(Ways(address, given, Lines())))
    return {scheme: proxy for scheme, proxy in way.items() if scheme == address.scheme}


def test_given_before_all(system_names: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    system_names("PROXY from.pac:1")
    monkeypatch.setenv("https_proxy", OF_ENVIRONMENT)
    assert first(given={"https": "http://given:1"}) == {"https": "http://given:1"}
    assert first(given={}) == {}


@pytest.mark.parametrize("url", ["https://localhost", "http://127.0.0.1:8000", "https://[::1]"])
def test_none_on_this_computer(
    url: str, system_names: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    system_names("PROXY from.pac:1")
    monkeypatch.setenv("https_proxy", OF_ENVIRONMENT)
    monkeypatch.setenv("http_proxy", OF_ENVIRONMENT)
    assert first(url) == {}


def test_environment_before_pac(system_names: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    system_names("PROXY from.pac:1")
    monkeypatch.setenv("https_proxy", OF_ENVIRONMENT)
    assert first() == {"https": OF_ENVIRONMENT}


def test_no_proxy_before_pac(system_names: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    system_names("PROXY from.pac:1")
    monkeypatch.setenv("no_proxy", "other.test,.test")
    assert first() == {}
    assert first("https://ra.example") == {"https": OF_PAC}


def test_pac_before_static(system_names: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "get_environ_proxies", lambda url: {"https": "http://static:1"})
    assert first() == {"https": "http://static:1"}
    system_names("PROXY from.pac:1")
    assert first() == {"https": OF_PAC}
    system_names("DIRECT")
    assert first() == {}


def test_static_where_the_pac_is_unusable(
    system_names: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "get_environ_proxies", lambda url: {"https": "http://static:1"})
    system_names("SOCKS only:1")
    assert first() == {"https": "http://static:1"}


def test_pac_is_asked_once_but_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[list[str]] = [[], [OF_PAC], ["never:1"]]
    now = [0.0]
    monkeypatch.setattr(proxies, "system_pac_url", lambda: "http://any.test")
    monkeypatch.setattr(proxies, "proxies_by_pac", lambda *_: answers.pop(0))
    monkeypatch.setattr(proxies, "monotonic", lambda: now[0])
    ways = Ways(RA, None, Lines())
    assert [list(ways), list(ways)] == [[{}], [{}]]
    now[0] += 61
    assert list(ways) == [{"https": OF_PAC}]
    now[0] += 1e6
    assert list(ways) == [{"https": OF_PAC}]


def test_through_the_proxy_of_the_pac(
    authority: Authority, tmp_path: Path, system_names: Callable[[str], None]
) -> None:
    with ra_behind_proxy(authority, tmp_path, answer({"name": "RA"})) as (ra, proxy):
        system_names(f"PROXY 127.0.0.1:{proxy.port}")
        with client(authority) as http:
            assert http.send(GET).members.text("name") == "RA"
    assert [(request.method, request.path) for request in proxy.requests] == [("CONNECT", "ra.test:443")]
    assert [request.path for request in ra.requests] == ["/api/v1/info"]


def test_pac_over_http(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ra_behind_proxy(authority, tmp_path, answer({"name": "RA"})) as (_, proxy):
        text = f"function FindProxyForURL(url, host) {{ return 'PROXY 127.0.0.1:{proxy.port}'; }}"
        with serving(answer(text.encode())) as office, client(authority) as http:
            monkeypatch.setattr(proxies, "system_pac_url", lambda: f"{office.url}/proxy.pac")
            for _ in range(2):
                assert http.send(GET).members.text("name") == "RA"
    assert len(office.requests) == 1


@pytest.mark.parametrize("call", [GET, POST])
def test_next_proxy_when_one_is_not_there(
    call: Call, authority: Authority, tmp_path: Path, system_names: Callable[[str], None]
) -> None:
    with (
        ra_behind_proxy(authority, tmp_path, answer({"name": "RA"})) as (ra, proxy),
        serving(answer(status=403)) as refusing,
    ):
        system_names(
            f"PROXY 127.0.0.1:{closed_port()}; PROXY 127.0.0.1:{refusing.port}; PROXY 127.0.0.1:{proxy.port}"
        )
        with client(authority) as http:
            for _ in range(2):
                assert http.send(call).members.text("name") == "RA"
    assert len(refusing.requests) == 1  # the second call begins with what worked
    assert len(ra.requests) == 2


def test_direct_in_the_end(
    authority: Authority,
    tmp_path: Path,
    system_names: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = socket.getaddrinfo

    def nearby(host: Any, *others: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == "ra.test" else host, *others, **options)

    monkeypatch.setattr(socket, "getaddrinfo", nearby)
    system_names(f"PROXY 127.0.0.1:{closed_port()}; DIRECT")
    context = server_context(authority, tmp_path, host="ra.test")
    with (
        serving(answer({"name": "RA"}), context=context) as ra,
        client(authority, f"https://ra.test:{ra.port}") as http,
    ):
        assert http.send(POST).members.text("name") == "RA"


def test_finding_the_way_is_part_of_the_time(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ra_behind_proxy(authority, tmp_path, answer({})) as (ra, proxy):
        http = Http(RA, anchors=pem(authority), limits=Limits(answer=0.1, patience=5, back_off=()))

        def late(*_: object) -> list[str]:
            assert cut.wait(10)
            return [proxy.url]

        cut = threading.Event()
        monkeypatch.setattr(http._lines, "cut", cut.set)
        monkeypatch.setattr(proxies, "system_pac_url", lambda: "http://any.test")
        monkeypatch.setattr(proxies, "proxies_by_pac", late)
        with pytest.raises(RaTimeout):
            http.send(GET)
        http.close()
    assert (proxy.requests, ra.requests) == ([], [])


def test_no_proxy_is_there(authority: Authority, system_names: Callable[[str], None]) -> None:
    system_names(f"PROXY 127.0.0.1:{closed_port()}; PROXY 127.0.0.1:{closed_port()}")
    with client(authority) as http, pytest.raises(RaUnreachable) as caught:
        http.send(GET)
    assert caught.value.way == "proxy"


def test_no_proxy_is_blamed_for_a_direct_way(authority: Authority) -> None:
    with (
        client(authority, f"https://localhost:{closed_port()}") as http,
        pytest.raises(RaUnreachable) as caught,
    ):
        http.send(GET)
    assert caught.value.way == ""


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(drop, RaUnreachable), (problem("fault", 503), RaFault)],
    ids=["broken off", "fault"],
)
def test_what_was_sent_is_not_sent_again_by_another_way(
    behaviour: Behaviour,
    error: type[Exception],
    authority: Authority,
    tmp_path: Path,
    system_names: Callable[[str], None],
) -> None:
    with (
        ra_behind_proxy(authority, tmp_path, behaviour) as (ra, proxy),
        serving(tunnel_to(ra.port)) as other,
    ):
        system_names(f"PROXY 127.0.0.1:{proxy.port}; PROXY 127.0.0.1:{other.port}")
        with client(authority) as http, pytest.raises(error):
            http.send(POST)
    assert len(ra.requests) == 1
    assert other.requests == []


def test_est_takes_the_same_way(
    authority: Authority, tmp_path: Path, system_names: Callable[[str], None]
) -> None:
    with ra_behind_proxy(authority, tmp_path, answer(status=500)) as (ra, proxy):
        system_names(f"PROXY 127.0.0.1:{closed_port()}; PROXY 127.0.0.1:{proxy.port}")
        with (
            EstClient("https://ra.test", anchors=pem(authority), limits=LIMITS) as est,
            pytest.raises(RaFault),
        ):
            est.ca_certificates()
    assert [request.path for request in ra.requests] == ["/.well-known/est/cacerts"]


def test_who_intercepts_behind_the_second_proxy_is_named(
    authority: Authority, tmp_path: Path, system_names: Callable[[str], None]
) -> None:
    with ra_behind_proxy(authority, tmp_path, answer({})) as (ra, proxy):
        system_names(f"PROXY 127.0.0.1:{closed_port()}; PROXY 127.0.0.1:{proxy.port}")
        with client(Authority("RA root")) as http, pytest.raises(RaNotTrusted) as caught:
            http.send(GET)
    assert caught.value.issuer == ISSUER
    assert ra.requests == []
