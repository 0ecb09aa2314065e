"""What an act costs with a thousand, a hundred thousand and a million certificates: ``python -m bench.ra_scale``.

Enrolments and lists of orders go through loopback HTTP to one server process; the rest is measured in this one.
Processor times are the figures to compare: wall times tell what else the machine did. A million takes some
minutes and 8 GB in the temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bench import ra_filling, ra_world
from bench.ra import enrolment, ocsp_request, processor_time, rate, server
from bench.ra_load import call, flood
from bench.ra_world import Waiting
from devkit import ROOT
from server_stub import housekeeping, metrics, standing
from server_stub.app import open_ra
from server_stub.ra import Ra
from server_stub.seals import Notary

REPORT = ROOT / "build" / "bench" / "ra_scale.json"
SIZES = (1_000, 100_000, 1_000_000)
ENROLMENTS, LISTS, OCSP_CALLS, CLIENTS = 300, 500, 20_000, 8
MUST_STAY = ("enrolment, processor time (ms)", "OCSP with nonce, processor time (ms)")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.ra_scale", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="CERTIFICATES")
    sizes = sorted(parser.parse_args(arguments).sizes)
    with tempfile.TemporaryDirectory() as folder:
        figures = {size: one for size, one in zip(sizes, measure(Path(folder), sizes), strict=True)}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(figures, indent=1), "utf-8")
    print("\n".join(table(figures)))
    return 0


def table(figures: dict[int, dict[str, float]]) -> Iterator[str]:
    """A line for each figure: its value at each size; for those that must stay also the ratio to the smallest."""
    yield f"{'certificates':42}" + "".join(f"{size:12,}" for size in figures)
    for name in next(iter(figures.values())):
        values = [one[name] for one in figures.values()]
        ratios = " ".join(f"{value / values[0]:.2f}" for value in values) if name in MUST_STAY else ""
        yield f"{name:42}" + "".join(f"{value:12.3f}" for value in values) + f"  {ratios}".rstrip()


def measure(folder: Path, sizes: Sequence[int]) -> Iterator[dict[str, float]]:
    """The figures at each size, in one database that grows."""
    ra, waiting = ra_world.make(folder, ENROLMENTS * len(sizes))
    ra.close()
    pem, begin = sample(folder, waiting.pop()), 0
    for size in sizes:
        began = time.perf_counter()
        ra_filling.fill(folder / "ra" / "ra.sqlite", range(begin, size), pem)
        print(f"{size:,}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        chosen = [waiting.pop() for _ in range(min(ENROLMENTS, len(waiting)))]
        yield through_http(folder, chosen) | in_process(folder)
        begin = size


def sample(folder: Path, one: Waiting) -> str:
    """A certificate as the RA makes it."""
    with server(folder, "") as running:
        asyncio.run(flood([running.port], [enrolment(one)], 1))
    ra = open_ra(ra_world.settings_of(folder, ""))
    with ra.act(write=False) as act:
        pem = act.db.connection().exec_driver_sql("SELECT pem FROM certificates").scalar_one()
    ra.close()
    return str(pem)


def through_http(folder: Path, waiting: Sequence[Waiting]) -> dict[str, float]:
    """Milliseconds for one, of wall and of this and the server's processor time together."""
    lists = [call("GET", "/api/v1/orders", token=waiting[n % len(waiting)].token) for n in range(LISTS)]
    figures: dict[str, float] = {}
    with server(folder, "") as running:
        for name, calls in (("enrolment", [enrolment(one) for one in waiting]), ("list of orders", lists)):
            before = processor_time([running])
            figures[f"{name}, wall (ms)"] = 1000 / asyncio.run(flood([running.port], calls, CLIENTS))
            taken = processor_time([running]) - before
            figures[f"{name}, processor time (ms)"] = 1000 * taken / len(calls)
    return figures


def in_process(folder: Path) -> dict[str, float]:
    ra = open_ra(ra_world.settings_of(folder, ""))
    with ra.act(write=False) as act:
        entries = len(standing.entries(act))
        certificates = act.db.connection().exec_driver_sql("SELECT count(*) FROM certificates").scalar_one()
    figures = {
        "OCSP with nonce, processor time (ms)": 1000 / ocsp_rate(ra),
        "revocation list (s)": taken_by(lambda: revocation_list(ra)),
        "  entries in it": float(entries),
        "numbers of /metrics (s)": taken_by(lambda: metrics.exposition(ra)),
        "sweeping (s)": taken_by(lambda: housekeeping.sweep(ra)),
    }
    began = time.perf_counter()
    with ra.act(write=False) as act:
        count = Notary.open(ra.settings.data).verify(act.db)
    figures["audit verify, an entry (ms)"] = 1000 * (time.perf_counter() - began) / count
    ra.close()
    size = (folder / "ra" / "ra.sqlite").stat().st_size
    return figures | {"database (MB)": size / 1e6, "  for a certificate (kB)": size / 1e3 / certificates}


def taken_by(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def revocation_list(ra: Ra) -> bytes:
    with ra.act(write=False) as act:
        return ra.authority.crl(standing.entries(act), act.now)


def ocsp_rate(ra: Ra) -> float:
    def ask(request: bytes) -> None:
        with ra.act(write=False) as act:
            ra.responder.answer(request, lambda serial: standing.look_up(act, serial), act.now)

    asked = iter([ocsp_request(ra, serial, nonce=True) for serial in somewhere(ra)])
    return rate(lambda: ask(next(asked)))


def somewhere(ra: Ra) -> Iterable[int]:
    """Serials from all over the table."""
    with ra.act(write=False) as act:
        rows = act.db.connection().exec_driver_sql("SELECT max(rowid) FROM certificates").scalar_one()
        numbers = ",".join(str(1 + n * rows // OCSP_CALLS) for n in range(OCSP_CALLS))
        found = [
            int(serial, 16)
            for (serial,) in act.db.connection().exec_driver_sql(
                f"SELECT serial FROM certificates WHERE rowid IN ({numbers})"
            )
        ]
    return [found[n % len(found)] for n in range(OCSP_CALLS)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
