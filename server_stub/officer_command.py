"""The command ``cardtool-ra officer``: the first officer has nobody else to be made by."""

from __future__ import annotations

import sys
from argparse import Namespace
from getpass import getpass
from pathlib import Path

from server_stub import officers, tries
from server_stub.app import open_ra
from server_stub.ca.key_places import BadTokenSetting
from server_stub.ca.signer import TokenUnavailable
from server_stub.custody.master import MasterKeyUnreadable
from server_stub.demo.mark import NotADemoDatabase
from server_stub.officers import Role
from server_stub.problems import Problem
from server_stub.ra import Ra
from server_stub.settings import Settings

SHORTEST_PASSWORD = 12


class OfficerRefused(Exception):
    """The message says why."""


def run(options: Namespace, data: Path) -> str:
    """What to tell the operator. Raises OfficerRefused."""
    try:
        ra = open_ra(Settings(data=data, url="", database=options.db))
    except (BadTokenSetting, TokenUnavailable, NotADemoDatabase, MasterKeyUnreadable, OSError) as error:
        raise OfficerRefused(type(error).__name__) from error
    try:
        return _add(ra, options) if options.action == "add" else _unlock(ra, options.name)
    finally:
        ra.close()


def _add(ra: Ra, options: Namespace) -> str:
    try:
        roles = {Role(name) for name in options.role}
    except ValueError as error:
        raise OfficerRefused(f"roles are: {', '.join(Role)}") from error
    if not roles:
        raise OfficerRefused("an officer needs a --role")
    try:
        uri = officers.add(ra, options.name, roles, _password())
    except Problem as error:
        raise OfficerRefused("there is an officer of that name") from error
    return f"Scan this with an authenticator application; it is shown once:\n{uri}\n"


def _password() -> str:
    """Typed, or one line of standard input. Never an argument: others could read that."""
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST_PASSWORD:
        raise OfficerRefused(f"a password has at least {SHORTEST_PASSWORD} characters")
    return password


def _unlock(ra: Ra, name: str) -> str:
    with ra.act("command-line") as act:
        tries.reset(act, officers.GROUP, name)
        act.record("officer.unlocked", name)
    return "unlocked\n"
