"""The RA beside bare signing, in one run on one machine: ``python -m bench.ra`` (a minute or two).

Enrolments go through loopback HTTP to two server processes on one database (SQLite; PostgreSQL with ``--db``),
the load on the same cores: request checked, intent and certificate committed with fsync, audited. OCSP is
measured in this process and through HTTP. Reads: 50 clients at 5 requests a second with 10 sign-ins a second
beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder

from bench import ra_world
from bench.ra_load import Call, call, flood, paced, percentile, post
from bench.ra_world import PASSWORD, UNIT, Waiting
from devkit import ROOT
from server_stub import serving, standing
from server_stub.app import create_app
from server_stub.ra import Ra

REPORT = ROOT / "build" / "bench" / "ra.json"
OCSP_CALLS = 2000
CLIENTS = 16
FIRST = 100
"""Enrolments before those that count: a server compiles its statements and schemas once."""
BARE = "signatures/s (RSA-3072, one thread)"
READERS, READS_PER_SECOND, SIGN_INS_PER_SECOND, READING_SECONDS = 50, 5, 10, 10
ENROL_TARGET, OCSP_TARGET, READ_TARGET = 0.4, 0.5, 0.020


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["serve"]:
        return serve(Path(arguments[1]), int(arguments[2]), arguments[3])
    parser = argparse.ArgumentParser(prog="bench.ra", description=__doc__.splitlines()[0])
    parser.add_argument("--enrolments", type=int, default=1000)
    parser.add_argument("--db", default="", metavar="URL", help="an empty PostgreSQL instead of SQLite")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.enrolments, options.db)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(figures, indent=1), "utf-8")
    for name, value in figures.items():
        print(f"{name:42} {value:10.3f}")
    return 0


def measure(folder: Path, enrolments: int, database: str) -> dict[str, float]:
    ra, waiting = ra_world.make(folder, enrolments, database)
    figures = {BARE: signing_rate()}
    figures |= with_servers(folder, database, waiting)
    figures |= ocsp_in_process(ra)
    figures["signatures/s, again"] = signing_rate()
    bare = (figures[BARE] + figures["signatures/s, again"]) / 2
    figures["enrolments / signatures"] = figures["enrolments/s"] / bare
    figures["  wanted at least"] = ENROL_TARGET
    figures["  on two cores of their own"] = 2 / figures["enrolment, processor time (s)"] / bare
    figures["OCSP with nonce in process / signatures"] = figures["OCSP with nonce/s, in process"] / bare
    figures["   wanted at least"] = OCSP_TARGET
    figures["    wanted p99 (s) at most"] = READ_TARGET
    ra.close()
    return figures


def signing_rate() -> float:
    key = rsa.generate_private_key(65537, 3072)
    return rate(lambda: key.sign(b"x" * 600, PKCS1v15(), SHA256()))


def rate(work: Callable[[], object], seconds: float = 1.5) -> float:
    """How often ``work`` can be done in a second of this thread's processor time, however busy the machine is."""
    work()
    began = time.thread_time()
    count = 0
    while time.thread_time() - began < seconds:
        work()
        count += 1
    return count / (time.thread_time() - began)


def ocsp_in_process(ra: Ra) -> dict[str, float]:
    """From the request's octets to the answer's, the look-up in the database included."""

    def ask(request: bytes) -> None:
        with ra.act(write=False) as act:
            ra.responder.answer(request, lambda serial: standing.look_up(act, serial), act.now)

    serials = certified(ra)
    with_nonce = iter([ocsp_request(ra, serials[n % len(serials)], nonce=True) for n in range(20_000)])
    plain = ocsp_request(ra, serials[0], nonce=False)
    return {
        "OCSP with nonce/s, in process": rate(lambda: ask(next(with_nonce))),
        "OCSP from cache/s, in process": rate(lambda: ask(plain)),
    }


def certified(ra: Ra) -> list[int]:
    with ra.act(write=False) as act:
        rows = act.db.connection().exec_driver_sql(
            "SELECT serial FROM certificates WHERE pem IS NOT NULL LIMIT 500"
        )
        return [int(serial, 16) for (serial,) in rows]


def ocsp_request(ra: Ra, serial: int, *, nonce: bool) -> bytes:
    name, key = ra.responder.identity(SHA1())
    builder = OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, SHA1())
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(secrets.token_bytes(16)), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def with_servers(folder: Path, database: str, waiting: Sequence[Waiting]) -> dict[str, float]:
    with ExitStack() as stack:
        servers = [stack.enter_context(server(folder, database)) for _ in range(2)]
        ports = [one.port for one in servers]
        first, rest = waiting[:FIRST], waiting[FIRST:]
        asyncio.run(flood(ports, map(enrolment, first), CLIENTS))
        before = processor_time(servers)
        figures = {"enrolments/s": asyncio.run(flood(ports, map(enrolment, rest), CLIENTS))}
        figures["enrolment, processor time (s)"] = (processor_time(servers) - before) / len(rest)
        ra = create_app(ra_world.settings_of(folder, "http://127.0.0.1", database)).state.ra
        serials = certified(ra)
        for name, nonce in (("OCSP with nonce/s, HTTP", True), ("OCSP from cache/s, HTTP", False)):
            asked = [ocsp_request(ra, serials[n % len(serials)], nonce=nonce) for n in range(OCSP_CALLS)]
            calls = [call("POST", "/ocsp", one, kind="application/ocsp-request") for one in asked]
            figures[name] = asyncio.run(flood(ports, calls, CLIENTS))
        ra.close()
        return figures | asyncio.run(reading(ports, waiting))


def enrolment(one: Waiting) -> Call:
    return post(f"/api/v1/orders/{one.order}/request", {"csr": one.csr}, secrets.token_hex(16), one.token)


async def reading(ports: Sequence[int], waiting: Sequence[Waiting]) -> dict[str, float]:
    readers = [
        paced(
            ports[n % 2],
            [call("GET", "/api/v1/account", token=waiting[n].token)],
            READS_PER_SECOND,
            READING_SECONDS,
            n / READERS,
        )
        for n in range(READERS)
    ]
    signing_in = [
        paced(ports[n % 2], sign_ins(waiting, n), SIGN_INS_PER_SECOND / 10, READING_SECONDS, n / 10)
        for n in range(10)
    ]
    taken = await asyncio.gather(*readers, *signing_in)
    reads = [seconds for one in taken[:READERS] for seconds in one]
    sign_ins_taken = [seconds for one in taken[READERS:] for seconds in one]
    return {
        "reads/s": len(reads) / READING_SECONDS,
        "read, median (s)": percentile(reads, 0.5),
        "read, p99 (s)": percentile(reads, 0.99),
        "sign-ins/s beside": len(sign_ins_taken) / READING_SECONDS,
        "sign-in, p99 (s)": percentile(sign_ins_taken, 0.99),
    }


def sign_ins(waiting: Sequence[Waiting], first: int) -> list[Call]:
    bodies = [
        {"unit": UNIT, "account": one.account, "password": PASSWORD}
        for one in waiting[first :: len(waiting) // 20 or 1]
    ]
    return [post("/api/v1/sessions", body, secrets.token_hex(16), status=201) for body in bodies]


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]


def processor_time(servers: Sequence[Server]) -> float:
    """Seconds of the servers and of this process, which makes the load (Linux)."""
    ticks = 0
    for one in servers:
        fields = Path(f"/proc/{one.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # proc(5): utime and stime, counted from behind the name
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


@contextmanager
def server(folder: Path, database: str) -> Iterator[Server]:
    """A server process over the folder."""
    with serving.bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.ra", "serve", str(folder), str(port), database],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def serve(folder: Path, port: int, database: str) -> int:
    app = create_app(ra_world.settings_of(folder, f"http://127.0.0.1:{port}", database))
    with serving.bind("127.0.0.1", port) as bound:
        serving.run(app, bound, tls=None, ready=lambda: print("ready", flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
