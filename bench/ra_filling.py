"""Fills an RA's embedded database as years of use would: in bulk, with rows as the RA itself writes them.

Each certificate has its customer, account, card, order, sign-in counter and audit entries; what is kept for some
days only has a share of rows. A certificate's text is the same real one in every row, numbers and hashes are random.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import Connection, create_engine, insert, select, update

from bench.ra_world import UNIT
from server_stub.audit import GENESIS, entry_hash
from server_stub.db.models import (
    Account,
    AuditEntry,
    AuditHead,
    Base,
    Card,
    Certificate,
    Customer,
    Order,
    SignInCounter,
    StoredAnswer,
)

ONE_REVOKED_OF: Final = 100
ONE_ANSWER_KEPT_OF: Final = 10
_BATCH: Final = 20_000
_FIRST_ID: Final = 1_000_000_000  # beyond the ids of customers who were made one by one
# Nothing is lost if this process dies: the whole folder is thrown away.
_PRAGMAS: Final = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-3000000")
_STEPS: Final = (
    "order.created",
    "order.authorised",
    "certificate.intended",
    "certificate.issued",
    "order.issued",
    "order.stored",
)

Row = dict[str, Any]
Rows = Mapping[type[Base], Row]


def fill(file: Path, numbers: range, pem: str) -> None:
    """Add one certificate, and all that belongs to it, for each of ``numbers``. ``file``: of an RA that is closed."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        for pragma in _PRAGMAS:
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        people = _people(numbers, pem)
        while batch := list(islice(people, _BATCH)):
            _insert(connection, batch)
            _record(connection, [rows[Order]["id"] for rows in batch])
        connection.commit()
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()


def _insert(connection: Connection, people: Iterable[Rows]) -> None:
    by_table: dict[type[Base], list[Row]] = {}
    for rows in people:
        for table, row in rows.items():
            by_table.setdefault(table, []).append(row)
    for table, together in by_table.items():
        connection.execute(insert(table), together)


def _people(numbers: range, pem: str) -> Iterator[Rows]:
    draw = Random(numbers.start)
    now = datetime.now(UTC).replace(microsecond=0)
    for number in numbers:
        rows = _person(draw, number, now) | _certified(draw, number, now, pem)
        if number % ONE_ANSWER_KEPT_OF == 0:
            rows[StoredAnswer] = _answer(draw, number, now)
        yield rows


def _person(draw: Random, number: int, now: datetime) -> dict[type[Base], Row]:
    row_id, name = _FIRST_ID + number, f"c{number:08d}"
    return {
        Customer: {
            "id": row_id,
            "unit": UNIT,
            "identifier": name,
            "holder": name,
            "email": f"{name}@example.tw",
            "phone": "0912345678",
        },
        Account: {
            "id": row_id,
            "unit": UNIT,
            "name": name,
            "customer_id": row_id,
            "password_hash": "$argon2id$" + "x" * 87,
            "must_change_password": False,
            "registration": "used",
        },
        SignInCounter: {"tag": _hex(draw, 32), "failures": 0, "suspended": False, "touched_at": now},
    }


def _certified(draw: Random, number: int, now: datetime, pem: str) -> dict[type[Base], Row]:
    card, order = _hex(draw, 16), _hex(draw, 16)
    return {
        Card: _card(draw, number, card),
        Order: _order(number, now) | {"id": order, "card_id": card},
        Certificate: _certificate(draw, number, now) | {"card_id": card, "order_id": order, "pem": pem},
    }


def _card(draw: Random, number: int, card: str) -> Row:
    return {
        "id": card,
        "account_id": _FIRST_ID + number,
        "label": "card",
        "status": "active",
        "admin_algorithm": "AES-192",
        "master_version": 1,
        "puk_number": 0,
        "verification_key": draw.randbytes(91),
        "key_fingerprint": _hex(draw, 32),
        "vendor_serial": None,
    }


def _order(number: int, now: datetime) -> Row:
    return {
        "kind": "apply",
        "state": "stored",
        "unit": UNIT,
        "account_id": _FIRST_ID + number,
        "slot_hint": "9A",
        "key_algorithm": "P-256",
        "subject": f"CN=c{number:08d},O=Bench,C=TW",
        "terms_version": "1",
        "terms_sha256": "0" * 64,
        "created_at": now,
        "deadline": now + timedelta(days=14),
        "renews": None,
        "download_until": None,
    }


def _certificate(draw: Random, number: int, now: datetime) -> Row:
    revoked = number % ONE_REVOKED_OF == 0
    return {
        "serial": _hex(draw, 16),
        "profile": "signing",
        "state": "revoked" if revoked else "valid",
        "key_fingerprint": _hex(draw, 32),
        "public_key": draw.randbytes(91),
        "not_before": now,
        "not_after": now + timedelta(days=365),
        "revoked_at": now if revoked else None,
        "reason": "keyCompromise" if revoked else None,
    }


def _answer(draw: Random, number: int, now: datetime) -> Row:
    return {
        "owner": str(_FIRST_ID + number),
        "key": _hex(draw, 16),
        "request_hash": _hex(draw, 32),
        "status": 200,
        "sealed_body": draw.randbytes(1500),
        "created_at": now,
    }


def _record(connection: Connection, orders: Iterable[str]) -> None:
    """Continue the audit chain by what happened to each order."""
    head = connection.execute(select(AuditHead.number, AuditHead.hash)).first()
    number, previous = (head.number, head.hash) if head else (0, GENESIS)
    entries = list(_entries(orders, number, previous))
    connection.execute(insert(AuditEntry), entries)
    last = {name: entries[-1][name] for name in ("number", "hash")}
    connection.execute(update(AuditHead).values(last) if head else insert(AuditHead).values(id=1, **last))


def _entries(orders: Iterable[str], number: int, previous: str) -> Iterator[Row]:
    now = datetime.now(UTC).replace(microsecond=0)
    detail = json.dumps({"card": "0" * 32, "key": "0" * 64})
    for order in orders:
        for action in _STEPS:
            number += 1
            entry = {
                "number": number,
                "time": now,
                "actor": f"{UNIT}/somebody",
                "action": action,
                "subject": order,
                "detail": detail,
                "previous": previous,
            }
            # Millions of them: the ORM's own objects would take three times as long to make.
            previous = entry_hash(cast(AuditEntry, SimpleNamespace(**entry)))
            yield {**entry, "hash": previous}


def _hex(draw: Random, length: int) -> str:
    return draw.randbytes(length).hex()
