"""PAC files as networks have them, and as they should not be: each ends soon, and none does more than compute."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cardtool.ra import pac
from cardtool.ra.address import RaAddress
from cardtool.ra.lines import Lines
from cardtool.ra.pac import LARGEST, proxies_by_pac
from tests.unit.ra.rough_server import Behaviour, answer, drop, raw, serving

RA = RaAddress.parse("https://ra.example/path")
KIND = "application/x-ns-proxy-autoconfig"
OFFICE = """
function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, ".intern")) return "DIRECT";
  if (isInNet(host, "10.0.0.0", "255.0.0.0")) return "PROXY ten:3128";
  if (shExpMatch(host, "ra.*")) return "PROXY a:8080; HTTPS b:8443; DIRECT";
  return "PROXY other:1";
}
"""


def js(result: str) -> str:
    """A PAC file that answers with the value of an expression."""
    return f"function FindProxyForURL(url, host) {{ return {result}; }}"


def found(text: str, folder: Path, address: RaAddress = RA) -> list[str]:
    file = folder / "proxy.pac"
    file.write_text(text, encoding="utf-8")
    return proxies_by_pac(file.as_uri(), address, Lines())


def fetched(*behaviours: Behaviour, path: str = "/proxy.pac") -> list[str]:
    with serving(*behaviours) as server:
        return proxies_by_pac(server.url + path, RA, Lines())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ra.example", ["http://a:8080", "https://b:8443", "DIRECT"]),
        ("https://ra", ["DIRECT"]),
        ("https://ra.intern", ["DIRECT"]),
        ("https://10.1.2.3", ["http://ten:3128"]),
        ("https://11.1.2.3", ["http://other:1"]),
    ],
)
def test_answer_depends_on_the_host(url: str, expected: list[str], tmp_path: Path) -> None:
    assert found(OFFICE, tmp_path, RaAddress.parse(url)) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("'SOCKS s:1; PROXY a:1; SOCKS5 s:2'", ["http://a:1"]),
        ("'PROXY a:1; NONSENSE; PROXY ; PROXY b:x; PROXY c:0; DIRECT'", ["http://a:1", "DIRECT"]),
        ("''", ["DIRECT"]),
        ("null", ["DIRECT"]),
        ("'PROXY ' + (url === 'https://ra.example/' ? 'host' : 'more') + ':1'", ["http://host:1"]),
        ("new Array(100).fill('PROXY a:1').join(';')", ["http://a:1"] * 16),
    ],
    ids=["no socks", "nonsense", "empty", "null", "path is not told", "many"],
)
def test_answers(result: str, expected: list[str], tmp_path: Path) -> None:
    assert found(js(result), tmp_path) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>Sign in to Hotel</html>",
        "function FindProxyForURL(",
        js("undefined_function(host)"),
        js("'SOCKS s:1'"),
        js("{answer: 42}"),
        js("42"),
        "function FindProxyForURL(u, h) { return FindProxyForURL(u, h); }",
        "var a = 'x'; while (true) { a += a; }",
        "var all = []; while (true) { all.push(new Array(1000000).fill(7)); }",
    ],
    ids=["empty", "html", "cut off", "error", "socks only", "object", "number", "depths", "string", "memory"],
)
def test_unusable(text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert found(text, tmp_path) == []
    assert [(record.getMessage(), record.__dict__["data"]) for record in caplog.records] == [
        ("pac-unusable", {"step": "evaluate"})
    ]


@pytest.mark.parametrize(
    "text",
    ["while (true) {}", js("(function () { while (true) {} })()"), js("/(a+)+$/.test('a'.repeat(99) + 'b')")],
)
def test_endless(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pac, "EVALUATE_SECONDS", 1.0)
    assert found(text, tmp_path) == []


@pytest.mark.parametrize(
    "reach",
    [
        "require('./secret').word",
        "require('fs').readFileSync('secret.js')",
        "call_python('dukpy.load_module', 'secret')",
        "call_python('os.getcwd')",
        "process.env.PLANTED.length",
        "new XMLHttpRequest()",
        "fetch('http://127.0.0.1/')",
        "std.getenv('PLANTED').length",
    ],
)
def test_it_can_only_compute(reach: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.js").write_text("exports.word = 'PROXY a:1'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANTED", "secret")
    reached = js(
        f"(function () {{ try {{ {reach}; return 'PROXY reached:1'; }} catch (e) {{ return 'DIRECT'; }} }})()"
    )
    assert found(reached, tmp_path) == ["DIRECT"]


def test_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # is not asked
    monkeypatch.delenv("no_proxy", raising=False)
    assert fetched(answer(js("'PROXY a:1'").encode(), kind=KIND)) == ["http://a:1"]


def test_moved() -> None:
    assert fetched(answer(status=302, Location="/new"), answer(js("'PROXY a:1'").encode())) == ["http://a:1"]


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(js("'PROXY a:1'").encode(), status=404),
        answer(js("'PROXY a:1'").encode() + b" " * LARGEST),
        answer(status=302, Location="/round"),
        answer(status=302, Location="file:///etc/proxy.pac"),
        drop,
    ],
    ids=["not found", "huge", "round and round", "to a file", "dropped"],
)
def test_not_fetched(behaviour: Behaviour, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="cardtool")
    assert fetched(behaviour, path="/proxy.pac?token=tok-123") == []
    told = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "pac-unusable" in told
    assert "fetch" in told
    assert "tok-123" not in told


def test_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pac, "FETCH_SECONDS", 0.5)
    over = threading.Event()
    with serving(raw(b"HTTP/1.1 200 OK\r\n\r\n", *[b" "] * 600, pause=0.1, stop=over)) as server:
        assert proxies_by_pac(server.url, RA, Lines()) == []
        over.set()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://proxy.example/x",
        "data:,x",
        "C:\\proxy.pac",
        "file://server/share/x",
        "http://[",
        "file:///none",
    ],
)
def test_addresses_that_are_not_fetched(url: str) -> None:
    assert proxies_by_pac(url, RA, Lines()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert proxies_by_pac((tmp_path / "pipe").as_uri(), RA, Lines()) == []


def test_the_libraries_stay_outside_this_process() -> None:
    program = "import sys, json, cardtool.ra.client, cardtool.ra.est; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"pypac", "dukpy"}
