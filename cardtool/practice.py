"""Practice mode: a virtual reader, virtual cards and an RA of its own. Nothing real is touched.

The RA is a child process (``cardtool-ra serve --demo`` on loopback) that keeps its world in the practice
folder; it ends when this process does. Everything here is made for one installation, with PRACTICE in every
subject, and its passwords and PINs are practice data.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from cardtool.atomic import make_private_folder, storage_error, write_atomically
from cardtool.errors import AlreadyRunning, ArgumentInvalid, PracticeNotReady, RaError
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.ra.address import RaAddress

READER = "Practice Reader"
LOCK = "world.lock"
FIRST_START = 120.0
"""Seconds. The first start makes the world: a CA, accounts, personalised cards."""
NO_CONSOLE = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Windows would open a console beside the window for the RA."""
FRESH = "19"
"""Row of spec 2.5: no certificate, registration there, so the next action is to apply."""


@dataclass(frozen=True)
class PracticeAccount:
    """One person of the practice world, with all that a real letter would say."""

    unit: str
    account: str
    password: str
    state: str
    pin: str
    cards: tuple[str, ...]

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> PracticeAccount:
        return cls(
            unit=row["unit"],
            account=row["account"],
            password=row["password"],
            state=str(row["state"]),
            pin=row.get("pin", ""),
            cards=tuple(row.get("cards", ())),
        )


class PracticeWorld:
    """``start`` before anything else; ``stop`` gives the cards back and ends the RA."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ra: subprocess.Popen[bytes] | None = None
        self._cards: dict[str, VirtualPivCard] = {}
        self._inserted: dict[str, str] = {}
        self._table: dict[str, Any] | None = None
        self._lock = FileLock(folder / LOCK, timeout=0, thread_local=False)

    @property
    def folder(self) -> Path:
        return self._folder

    @cached_property
    def hub(self) -> VirtualHub:
        hub = VirtualHub()
        hub.plug(f"{READER} 1")
        return hub

    @property
    def ra_url(self) -> str:
        return str(self._demo["ra"])

    @property
    def accounts(self) -> tuple[PracticeAccount, ...]:
        return tuple(PracticeAccount.parse(row) for row in self._demo["accounts"])

    @property
    def _demo(self) -> dict[str, Any]:
        assert self._table is not None, "started first"
        return self._table

    @property
    def _demo_file(self) -> Path:
        return self._folder / "demo.json"

    def start(self) -> None:
        """Start the RA and wait until it says where it listens.

        Raises AlreadyRunning (another program has this world open), PracticeNotReady, FolderNotWritable.
        """
        self._take()
        self._begin()

    def _take(self) -> None:
        """One program at a time: cards and RA of a world belong together."""
        try:
            make_private_folder(self._folder)
            self._lock.acquire()
        except Timeout:
            raise AlreadyRunning from None
        except OSError as error:
            raise storage_error(error, "practice") from None

    def _begin(self) -> None:
        try:
            port = self._last_port()
            if not (self._serve(port) or (port and self._serve(0))):
                raise PracticeNotReady("ra")
            self._table = json.loads(self._demo_file.read_bytes())
        except OSError as error:
            self.stop()
            raise storage_error(error, "practice") from None
        except BaseException:
            self.stop()
            raise

    def _last_port(self) -> int:
        """Where the RA was before: sessions and roots are kept by its address. 0: anywhere."""
        try:
            return urlsplit(json.loads(self._demo_file.read_bytes())["ra"]).port or 0
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return 0

    def _serve(self, port: int) -> bool:
        """Whether the RA answers now; False when it ended, e.g. because another program has the port."""
        self._demo_file.unlink(missing_ok=True)
        with (self._folder / "ra.log").open("wb") as log:
            self._ra = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [
                    *ra_command(),
                    *("serve", "--demo", "--listen", f"127.0.0.1:{port}", "--stop-with-stdin"),
                    *("--data", str(self._folder / "ra"), "--demo-json", str(self._demo_file)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                creationflags=NO_CONSOLE,
                stderr=log,
            )
        deadline = time.monotonic() + FIRST_START
        while not self._demo_file.exists():
            if self._ra.poll() is not None or time.monotonic() > deadline:
                self._end_ra()
                return False
            time.sleep(0.02)
        return True

    def stop(self) -> None:
        for card in self._cards.values():
            card.close()
        self._cards.clear()
        self._end_ra()
        self._lock.release(force=True)

    def _end_ra(self) -> None:
        if self._ra is not None:
            assert self._ra.stdin is not None
            self._ra.stdin.close()
            try:
                self._ra.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._ra.kill()
                self._ra.wait()
            self._ra = None

    def renew(self) -> None:
        """Throw this world away and make another, also where it could not be started. Raises as ``start``."""
        for reader in list(self._inserted):
            self.pull(reader)
        self.stop()
        self._take()
        try:
            for old in self._folder.iterdir():
                if old.is_dir() and not old.is_symlink():
                    shutil.rmtree(old)
                elif old.name != LOCK:
                    old.unlink()
        except OSError as error:
            self.stop()
            raise storage_error(error, "practice") from None
        self._begin()

    def people(self, state: str = FRESH) -> list[PracticeAccount]:
        """All accounts in that state."""
        return [known for known in self.accounts if known.state == state]

    def person(self, account: str = "", unit: str = "") -> PracticeAccount:
        """Who practises: the account of that name, else the last one, else the first that may apply.

        Raises ArgumentInvalid where there is no such account, or none that may apply.
        """
        person = self._named(account) if account else self._last_person(unit) or self._first_to_apply(unit)
        write_atomically(self._person_file, person.account.encode("utf-8"), what="practice")
        return person

    def _named(self, account: str) -> PracticeAccount:
        """The table leaves out who changed the site password: nobody else knows it. Its card is there."""
        found = next((known for known in self.accounts if known.account == account), None)
        card = f"{account}-card"
        if found is None and card not in self.card_names():
            raise ArgumentInvalid("--account")
        return found or PracticeAccount("", account, "", "", "", (card,))

    def _last_person(self, unit: str) -> PracticeAccount | None:
        try:
            person = self._named(self._person_file.read_text("utf-8"))
        except (OSError, ValueError, ArgumentInvalid):
            return None
        return person if person.unit in ("", unit or person.unit) else None

    def _first_to_apply(self, unit: str) -> PracticeAccount:
        for known in self.people():
            if unit in ("", known.unit):
                return known
        raise ArgumentInvalid("--unit")

    @property
    def _person_file(self) -> Path:
        return self._folder / "person"

    def insert(self, name: str, number: int = 1) -> None:
        """Put the practice card of that name into a reader. Raises ArgumentInvalid, AlreadyRunning."""
        self.insert_into(f"{READER} {number}", name)

    # --- what the practice panel does ---------------------------------------------------------

    def card_names(self) -> tuple[str, ...]:
        return tuple(self._demo["cards"])

    def inserted(self) -> tuple[tuple[str, str], ...]:
        """Each reader with the name of the card in it, '' for none."""
        return tuple((state.name, self._inserted.get(state.name, "")) for state in self.hub.readers())

    def insert_into(self, reader: str, name: str) -> None:
        """A card lies in one reader at a time. Raises ArgumentInvalid, AlreadyRunning."""
        found = self._demo["cards"].get(name)
        if found is None:
            raise ArgumentInvalid("--card")
        if name not in self._cards:
            self._cards[name] = VirtualPivCard.load(Path(found["state_file"]))
        for other in [held for held, card in self._inserted.items() if card == name]:
            self.pull(other)
        self.hub.plug(reader)
        self.hub.insert(reader, self._cards[name])
        self._inserted[reader] = name

    def pull(self, reader: str) -> None:
        self.hub.pull(reader)
        self._inserted.pop(reader, None)

    def plug_another(self) -> None:
        self.hub.plug(f"{READER} {len(self.hub.readers()) + 1}")

    def advance_clock(self, seconds: int) -> None:
        self._order("POST", "/demo/clock", {"advance_seconds": seconds})

    def arm_fault(self, name: str) -> None:
        """``name`` of docs/ra-api.md; it happens to the next fitting request."""
        self._order("POST", "/demo/faults", {"fault": name, "count": 1})

    def clear_faults(self) -> None:
        self._order("DELETE", "/demo/faults", None)

    def _order(self, method: str, path: str, body: Mapping[str, Any] | None) -> None:
        from cardtool.ra.http import Call, Http  # noqa: PLC0415 - only the panel needs it

        office = Http(RaAddress.parse(self.ra_url))
        try:
            office.send(Call(method, path, body))
        except RaError:
            raise PracticeNotReady("ra") from None
        finally:
            office.close()


def ra_command() -> list[str]:
    """How the RA is started: as a module from source, as its own executable beside a frozen CardTool."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_stem("cardtool-ra"))]
    return [sys.executable, "-m", "server_stub"]
