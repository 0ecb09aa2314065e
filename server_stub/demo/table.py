"""Tells what is in the demo world: as JSON for programs, as a table for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server_stub import accounts
from server_stub.custody.private_file import write_private
from server_stub.db.models import Meta
from server_stub.demo.people import Person
from server_stub.demo.rows import row_of
from server_stub.demo.world import World, password_mark
from server_stub.ra import Act

_COLUMNS = ("unit", "account", "password", "cards", "pin", "state", "situation")


def describe(world: World, people: Sequence[Person]) -> dict[str, Any]:
    """``ra``, ``accounts`` and ``cards``. Whoever changed the site password is left out: nobody else knows it."""
    with world.ra.act(write=False) as act:
        known = [person for person in people if _has_first_password(act, person)]
        rows = [_account(act, person) for person in known]
    cards = {
        person.card: {"kind": "piv", "state_file": str(world.state_file(person).absolute())}
        for person in people
        if person.card
    }
    return {"ra": world.ra.settings.url, "accounts": rows, "cards": cards}


def write(path: Path, world: dict[str, Any]) -> None:
    """The whole file at once: whoever waits for it never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(world, ensure_ascii=False, indent=1).encode() + b"\n")


def as_text(world: dict[str, Any]) -> str:
    rows = [_COLUMNS] + [tuple(_cell(row.get(name, "")) for name in _COLUMNS) for row in world["accounts"]]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _account(act: Act, person: Person) -> dict[str, object]:
    account = accounts.find(act, person.unit, person.account)
    entry: dict[str, object] = {
        "unit": person.unit,
        "account": person.account,
        "password": person.password,
        "identifier": person.identifier,
        "state": row_of(act, account) if account else 0,
        "situation": person.situation,
    }
    return entry | ({"cards": [person.card], "pin": person.pin} if person.card else {})


def _has_first_password(act: Act, person: Person) -> bool:
    account = accounts.find(act, person.unit, person.account)
    first = act.db.get(Meta, password_mark(person))
    return account is not None and first is not None and account.password_hash == first.value
