"""The command ``cardtool-ra serve``."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from server_stub import app, logs, serving, tls, workers
from server_stub.bank import BadBank
from server_stub.ca.attestation_roots import BadAttestationRoot
from server_stub.ca.authority import AuthorityMismatch
from server_stub.ca.key_places import BadTokenSetting, asks_for_pin
from server_stub.ca.signer import TokenUnavailable
from server_stub.custody.master import MasterKeyUnreadable
from server_stub.custody.private_file import write_private
from server_stub.demo import table
from server_stub.demo.mark import NotADemoDatabase
from server_stub.demo.people import Person
from server_stub.demo.world import World
from server_stub.personaliser import PersonaliserFailed
from server_stub.policy.load import BadUnitFile
from server_stub.ra import Ra
from server_stub.serving import Tls
from server_stub.settings import WIDE, Limits, Settings
from server_stub.workers import Work

_REFUSALS = (
    AuthorityMismatch,
    BadAttestationRoot,
    BadBank,
    BadTokenSetting,
    BadUnitFile,
    MasterKeyUnreadable,
    OSError,
    PersonaliserFailed,
    TokenUnavailable,
)


class UsageRefused(Exception):
    """The message says what cannot be served and why."""


def serve(options: Namespace, data: Path) -> None:
    """Serve until told to stop. Raises UsageRefused, DatabaseUnusable."""
    logs.configure()
    host, port = _address(options)
    try:
        if options.workers > 1 and asks_for_pin(data):
            raise UsageRefused("several workers cannot ask for the token's PIN: use pin_file")
        with serving.bind(host, port) as bound:
            url = options.url or _url(host, bound.getsockname()[1], https=options.tls)
            ra = app.open_ra(_settings(options, data, url))
            world, people = _demo_world(options, ra)
            _run(
                options,
                ra,
                Work(ra.settings, bound, _tls(ra, host) if options.tls else None),
                lambda: _announce(options, url, world, people),
            )
    except NotADemoDatabase as error:
        raise UsageRefused("a demo database serves the demo only, and no other does") from error
    except _REFUSALS as error:
        raise UsageRefused(f"{type(error).__name__}: {error}") from error


def _run(options: Namespace, ra: Ra, work: Work, ready: Callable[[], None]) -> None:
    until = serving.end_of_input if options.stop_with_stdin else None
    if options.workers == 1:
        serving.run(app.build(ra), work.bound, tls=work.tls, ready=ready, until=until)
        return
    try:
        workers.run(work, options.workers, ready=ready, until=until)
    finally:
        ra.close()


def _address(options: Namespace) -> tuple[str, int]:
    host, _, port = options.listen.rpartition(":")
    host = host.strip("[]")
    if not (host and port.isdigit() and int(port) < 65536):
        raise UsageRefused("--listen wants HOST:PORT")
    if options.demo and not _is_loopback(host):
        raise UsageRefused("the demo listens on loopback only")
    if not (options.tls or options.url or _is_loopback(host)):
        raise UsageRefused("plain http is for loopback only: use --tls, or --url behind a proxy")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False  # a name may point anywhere


def _url(host: str, port: int, *, https: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if https else 'http'}://{shown}:{port}"


def _settings(options: Namespace, data: Path, url: str) -> Settings:
    return Settings(
        data=data,
        url=url.rstrip("/"),
        plain_url=(options.pki_url or "").rstrip("/"),
        database=options.db,
        extra_units=tuple(options.units),
        demo=options.demo,
        bank=options.bank,
        limits=WIDE if options.demo else Limits(),
    )


def _tls(ra: Ra, host: str) -> Tls:
    """Our own certificate; clients may show one that our CA issued."""
    folder = ra.settings.data / "tls"
    made = tls.self_made(folder, host)
    clients = folder / "clients.pem"
    write_private(clients, b"".join(link.public_bytes(Encoding.PEM) for link in ra.authority.chain))
    return replace(made, clients=clients)


def _demo_world(options: Namespace, ra: Ra) -> tuple[World | None, Sequence[Person]]:
    if not options.demo:
        return None, ()
    command = shlex.split(options.personaliser) if options.personaliser else personaliser_command()
    world = World(ra, ra.settings.data / "demo", command)
    return world, world.complete()


def personaliser_command() -> list[str]:
    """How CardTool is started: as a module from source, as its own executable beside a frozen RA."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-m", "cardtool", "personalise"]
    return [str(Path(sys.executable).with_stem("cardtool")), "personalise"]


def _announce(options: Namespace, url: str, world: World | None, people: Sequence[Person]) -> None:
    """Say where we are, once requests are answered."""
    sys.stdout.write(f"{url}\n")
    if world is not None:
        description = table.describe(world, people)
        sys.stdout.write(f"{table.as_text(description)}\n")
        if options.demo_json:
            table.write(options.demo_json, description)
    sys.stdout.flush()
