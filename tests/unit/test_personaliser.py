"""The personaliser: spoken to in JSON lines, it makes cards and repeats no secret."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from cardtool.pcsc.virtual.piv import VirtualPivCard
from cardtool.pcsc.virtual.reader import VirtualHub
from cardtool.personaliser import Personaliser

PIN, PUK, ADMIN_KEY = "246813", "13572468", "a1" * 24
GUID = "ab" * 16
CA_KEY = ec.generate_private_key(ec.SECP256R1())


def certify(csr: str) -> str:
    request = x509.load_pem_x509_csr(csr.encode())
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(x509.Name([]))
        .public_key(request.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(CA_KEY, SHA256()).public_bytes(Encoding.PEM).decode()


class Ra:
    """The other end of the pipe: gives jobs in turn, certifies what is asked for, and notes every answer."""

    def __init__(self, *jobs: object, certificate: Callable[[str], str] = certify) -> None:
        self._lines = [job if isinstance(job, str) else json.dumps(job) + "\n" for job in jobs]
        self._certificate = certificate
        self.answers: list[dict[str, Any]] = []

    def readline(self, _limit: int) -> str:
        return self._lines.pop(0) if self._lines else ""

    def write(self, text: str) -> None:
        answer = json.loads(text)
        self.answers.append(answer)
        for name in ("verification_csr", "signing_csr"):
            if name in answer:
                line = json.dumps({"certificate": self._certificate(answer[name])}) + "\n"
                self._lines.insert(0, line)

    def flush(self) -> None: ...

    @property
    def ends(self) -> list[dict[str, Any]]:
        return [answer for answer in self.answers if not any(name.endswith("_csr") for name in answer)]


def serve(ra: Ra, hub: VirtualHub | None = None) -> list[dict[str, Any]]:
    Personaliser(ra, ra, lambda: hub or VirtualHub()).serve()  # type: ignore[arg-type]  # of a text stream it needs no more than these
    return ra.ends


def job(path: Path, **other: object) -> dict[str, object]:
    return {
        "card": {"state_file": str(path)},
        "card_id": "01" * 16,
        "guid": GUID,
        "admin_key": {"algorithm": "AES-192", "key": ADMIN_KEY},
        "pin": PIN,
        "pin_tries": 3,
        "puk": PUK,
        "puk_tries": 5,
        "verification_key": "P-256",
        **other,
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "card.json"


def test_a_blank_card_becomes_a_customers(path: Path):
    (end,) = serve(Ra(job(path)))
    assert end["done"] is True
    state = VirtualPivCard.inspect(path)
    assert end["serial"] == state.serial
    assert state.pin.presented(PIN.encode().ljust(8, b"\xff"))
    assert state.puk.presented(PUK.encode())
    assert (state.pin.limit, state.puk.limit) == (3, 5)
    assert state.management_key.value.hex() == ADMIN_KEY
    assert 0x9E in state.keys
    assert 0x9A not in state.keys


def test_for_practice_a_customers_key_is_made_as_well(path: Path):
    ra = Ra(job(path, signing_key={"slot": "9A", "algorithm": "P-256"}))
    assert serve(ra)[0]["done"]
    assert [name for answer in ra.answers for name in answer if "csr" in name] == [
        "verification_csr",
        "signing_csr",
    ]
    assert {0x9E, 0x9A} <= set(VirtualPivCard.inspect(path).keys)


def test_one_after_the_other_until_the_input_ends(path: Path):
    second = path.with_name("second.json")
    assert [end["done"] for end in serve(Ra(job(path), job(second)))] == [True, True]


def test_again_on_the_same_card_completes_it(path: Path):
    serve(Ra(job(path)))
    made = VirtualPivCard.inspect(path).objects
    assert serve(Ra(job(path)))[0]["done"]
    assert VirtualPivCard.inspect(path).objects == made


def test_a_card_in_a_reader(path: Path):
    hub, card = VirtualHub(), VirtualPivCard.create()
    hub.plug("R")
    hub.insert("R", card)
    assert serve(Ra(job(path, card={"reader": "R"})), hub)[0]["done"]
    assert not path.exists()
    assert 0x9E in card.state.keys


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"card": {"reader": "nobody's"}}, "C102"),
        ({"card": {}}, "L901"),
        ({"guid": "xyz"}, "L901"),
        ({"pin_tries": "many"}, "L901"),
        ({"admin_key": {"algorithm": "ROT13", "key": ADMIN_KEY}}, "L901"),
        ({"verification_key": "RSA-1"}, "L901"),
        ({"pin": "12"}, "C203"),
    ],
)
def test_what_cannot_be_done_is_a_code_and_the_next_job_goes_on(
    path: Path, other: dict[str, object], code: str
):
    second = path.with_name("second.json")
    refused, done = serve(Ra(job(path, **other), job(second)))
    assert refused["error"] == code
    assert done["done"] is True


@pytest.mark.parametrize("line", ["{\n", "[]\n", "null\n", '"x"\n', "7\n"])
def test_a_line_that_is_no_job_is_a_code(path: Path, line: str):
    refused, done = serve(Ra(line, job(path)))
    assert refused["error"] == "L901"
    assert done["done"] is True


def test_a_damaged_card_file_is_a_code(path: Path):
    path.write_text("{")
    assert serve(Ra(job(path)))[0]["error"] == "L302"


@pytest.mark.parametrize("answer", ["", "no certificate"])
def test_what_is_no_certificate_is_not_written(path: Path, answer: str):
    (end,) = serve(Ra(job(path), certificate=lambda _csr: answer))
    assert end["error"] == "R401"
    assert 0x5FC101 not in VirtualPivCard.inspect(path).objects


def test_no_secret_comes_back(path: Path):
    ra = Ra(job(path), job(path, pin="12"), job(path, guid="xyz"))
    serve(ra)
    text = json.dumps(ra.answers)
    assert not any(secret in text for secret in (PIN, PUK, ADMIN_KEY, PIN.encode().hex()))


def test_the_end_of_the_input_is_the_end():
    assert Personaliser(io.StringIO(""), io.StringIO(), VirtualHub).serve() is None
