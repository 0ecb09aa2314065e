"""BouncyCastle's EST client, which nobody here wrote, enrols at the RA and renews by mutual TLS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.est.harbour import UNIT
from tests.server.est.serving import Server, serving

PROGRAM = Path(__file__).with_name("BouncyCastleEst.java")
LIBRARIES = [Path("/usr/share/java") / f"{name}.jar" for name in ("bcpkix", "bcprov", "bcutil")]

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        shutil.which("javac") is None or not all(one.exists() for one in LIBRARIES),
        reason="no Java compiler, or no BouncyCastle",
    ),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[subprocess.Popen[str]]:
    libraries = ":".join(map(str, LIBRARIES))
    address = server.url.removeprefix("https://")
    command = ["java", "-cp", libraries, str(PROGRAM), address, UNIT, str(server.trusted)]
    pipe = subprocess.PIPE
    with (
        (server.folder / "java.log").open("w") as log,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, encoding="utf-8") as process,
    ):
        yield process
        process.kill()


def say(client: subprocess.Popen[str], *lines: str) -> None:
    assert client.stdin is not None
    client.stdin.write("".join(f"{line}\n" for line in lines))
    client.stdin.flush()


def heard(server: Server, client: subprocess.Popen[str]) -> list[str]:
    assert client.stdout is not None
    line = client.stdout.readline()
    assert line, (server.folder / "java.log").read_text("utf-8")
    return line.split()


def test_enrols_and_renews(server: Server, client: subprocess.Popen[str]) -> None:
    account = server.account
    subject = f"C=TW,O=Harbour,CN={account['identifier']},OU=PRACTICE"
    say(client, account["account"], account["password"], subject)
    assert heard(server, client) == ["authorities", "2"]
    assert int(heard(server, client)[1]) > 0
    name, first, is_ours = heard(server, client)
    assert (name, is_ours) == ("enrolled", "true")
    server.advance(340)
    say(client, "now")
    name, second, is_right = heard(server, client)
    assert (name, is_right) == ("renewed", "true")
    assert first != second
    assert client.wait(60) == 0
