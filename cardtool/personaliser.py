"""The child process behind ``cardtool-ra``: personalises cards that the RA names, one JSON line at a time.

The RA keeps its secrets and this side keeps none: they come through the pipe, go to the card and are wiped.

============  ====================================================================================
RA → child    ``{"card": {"state_file": PATH} or {"reader": NAME}, "card_id", "guid",
              "admin_key": {"algorithm", "key"}, "pin", "pin_tries", "puk", "puk_tries",
              "verification_key": "P-256"}``, for practice also ``"signing_key": {"slot", "algorithm"}``
child → RA    ``{"verification_csr": PEM}``, ``{"signing_csr": PEM}`` for keys without certificate
RA → child    ``{"certificate": PEM}``
child → RA    ``{"done": true, "serial": number or null}`` or ``{"error": CODE}``
============  ====================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cardtool.cards.desk import Desk
from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, Slot
from cardtool.errors import CardToolError, Defect
from cardtool.flows.personalise import KeyWish, Personalisation, personalise
from cardtool.pcsc.transport import ReaderHub
from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.pki.certificate import load
from cardtool.secret import Secret

LONGEST_LINE = 64 * 1024
SOFTWARE_READER = "Personalisation"


class Personaliser:
    """Serves jobs from ``lines`` until they end. ``hub``: the real readers, made when first needed."""

    def __init__(self, lines: IO[str], answers: IO[str], hub: Callable[[], ReaderHub]) -> None:
        self._lines = lines
        self._answers = answers
        self._hub = hub

    def serve(self) -> None:
        while line := self._lines.readline(LONGEST_LINE):
            self._say(self._one(line))

    def _one(self, line: str) -> dict[str, object]:
        try:
            job = json.loads(line)
            with (
                self._desk(job["card"]) as (desk, reader),
                desk.session(reader) as piv,
                _wanted(job) as wanted,
            ):
                return {"done": True, "serial": personalise(piv, wanted, self._certify)}
        except CardToolError as error:
            return {"error": error.code}
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            return {"error": Defect.code, "what": type(error).__name__}

    def _certify(self, use: str, csr: str) -> bytes:
        self._say({f"{use}_csr": csr})
        return load(json.loads(self._lines.readline(LONGEST_LINE))["certificate"])

    def _say(self, answer: Mapping[str, object]) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()

    @contextmanager
    def _desk(self, card: Mapping[str, str]) -> Iterator[tuple[Desk, str]]:
        if "reader" in card:
            yield Desk(self._hub()), card["reader"]
            return
        path = Path(card["state_file"])
        software = VirtualPivCard.load(path) if path.exists() else VirtualPivCard.create(path)
        try:
            hub = VirtualHub()
            hub.plug(SOFTWARE_READER)
            hub.insert(SOFTWARE_READER, software)
            yield Desk(hub), SOFTWARE_READER
        finally:
            software.close()


def _key_wish(wish: Mapping[str, str] | None) -> KeyWish | None:
    return KeyWish(Slot.from_label(wish["slot"]), Algorithm.from_label(wish["algorithm"])) if wish else None


@contextmanager
def _wanted(job: Mapping[str, Any]) -> Iterator[Personalisation]:
    admin = job["admin_key"]
    with Secret(bytes.fromhex(admin["key"])) as key, Secret(job["pin"]) as pin, Secret(job["puk"]) as puk:
        yield Personalisation(
            guid=bytes.fromhex(job["guid"]),
            admin_algorithm=AdminAlgorithm.from_label(admin["algorithm"]),
            admin_key=key,
            pin=pin,
            pin_tries=int(job["pin_tries"]),
            puk=puk,
            puk_tries=int(job["puk_tries"]),
            verification=Algorithm.from_label(job["verification_key"]),
            signing=_key_wish(job.get("signing_key")),
        )
