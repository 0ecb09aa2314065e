"""The main job with real processes: ``cardtool apply`` at ``cardtool-ra``, the card behind the real pcscd.

Whether it came out right is said by programs that others made: OpenSC, yubico-piv-tool, openssl, pkilint.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.system import neighbour
from tests.system.branch import open_branch
from tests.system.conftest import Run
from tests.system.pcscd import READERS, Pcscd
from tests.system.programs import BIN, Ended, Person
from tests.system.scene import Scene

MESSAGE = b"what the person agreed to"


@dataclass(frozen=True)
class Applied:
    """A scene after ``cardtool apply``. ``certificate``: as the RA keeps it."""

    scene: Scene
    person: Person
    done: Ended
    certificate: x509.Certificate

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        key = self.certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        return key


@pytest.fixture(scope="module")
def applied(pcscd: Pcscd, demo_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    """Once for all tests here: they only look."""
    folder = tmp_path_factory.mktemp("applied")
    with open_branch(demo_world, folder, watched=False) as branch:
        scene = Scene(pcscd, branch, folder / "home")
        person = scene.person()
        try:
            scene.insert(person)
            done = scene.tool.apply(person)
            scene.assert_agreed(person, done)
            assert done.said["resumed"] is False
            yield Applied(scene, person, done, scene.issued(person))
        finally:
            scene.clear()


def test_opensc_and_yubico_piv_tool_see_what_cardtool_says(applied: Applied, run: Run, tmp_path: Path):
    said = applied.done.said
    fingerprint = applied.certificate.fingerprint(SHA256()).hex()
    assert said["sha256"] == fingerprint
    assert said["subject"] == applied.certificate.subject.rfc4514_string()
    assert said["serial"] == f"{applied.certificate.serial_number:X}".zfill(len(said["serial"]))

    read = run("pkcs15-tool", "--read-certificate", "01")
    assert x509.load_pem_x509_certificate(read[read.index("-----BEGIN") :].encode()) == applied.certificate
    spki = run("pkcs15-tool", "--read-public-key", "01")
    assert load_pem_public_key(spki[spki.index("-----BEGIN") :].encode()) == applied.public_key
    listed = run("pkcs11-tool", "--list-objects", "--type", "cert")
    assert said["serial"] in listed.upper()

    status = run("yubico-piv-tool", "--reader", READERS[0], "--action", "status")
    in_9a = status[status.index("Slot 9a") :].partition("Slot 9c")[0]
    assert fingerprint in in_9a
    assert "RSA2048" in in_9a
    assert applied.person.account.upper()[:8] in in_9a  # the identifier, in the subject
    assert "PIN tries left:\t3" in status


def test_pkcs11_signature_verifies_with_openssl(applied: Applied, run: Run, tmp_path: Path):
    message, signature, certificate = (tmp_path / name for name in ("message", "signature", "card.pem"))
    message.write_bytes(MESSAGE)
    read = run("pkcs15-tool", "--read-certificate", "01")
    certificate.write_text(read[read.index("-----BEGIN") :])
    run(
        "pkcs11-tool", "--login", "--pin", applied.person.pin, "--sign", "--id", "01",
        "--mechanism", "SHA256-RSA-PKCS", "--input-file", str(message), "--output-file", str(signature),
    )  # fmt: skip
    neighbour.reset(READERS[0])  # OpenSC 0.23 leaves the PIN verified behind
    public = tmp_path / "public.pem"
    public.write_text(run("openssl", "x509", "-in", str(certificate), "-noout", "-pubkey"))
    verify = ("openssl", "dgst", "-sha256", "-verify", str(public), "-signature", str(signature))
    assert "Verified OK" in run(*verify, str(message))
    applied.public_key.verify(signature.read_bytes(), MESSAGE, padding.PKCS1v15(), SHA256())


def test_cards_and_sign_test_agree(applied: Applied):
    tool, said = applied.scene.tool, applied.done.said
    cards = tool.run("cards")
    first, second = cards.said["readers"]
    assert (first["reader"], first["kind"], first["tries_left"]) == (READERS[0], "piv", 3)
    assert (second["reader"], second["kind"]) == (READERS[1], "empty")
    held = {certificate["slot"]: certificate for certificate in first["certificates"]}
    assert set(held) == {"9A", "9E"}
    assert held["9A"].items() <= said.items()

    proof = tool.run("sign-test", answers={"pin": applied.person.pin})
    assert (proof.status, proof.said["sha256"], proof.said["verified"]) == (0, said["sha256"], True)
    message, signature = bytes.fromhex(proof.said["message"]), bytes.fromhex(proof.said["signature"])
    applied.public_key.verify(signature, message, padding.PKCS1v15(), SHA256())
    applied.scene.assert_agreed(applied.person, applied.done)


def test_openssl_verifies_the_chain_strictly(applied: Applied, run: Run, tmp_path: Path):
    """With the chain from the API and the revocation list that the certificate names."""
    issuing, root = json.loads(fetch(f"{applied.scene.office.url}/api/v1/ca/chain"))["certificates"]
    (point,) = applied.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name is not None
    crl = x509.load_der_x509_crl(fetch(point.full_name[0].value))
    files = {
        "root.pem": root.encode(),
        "issuing.pem": issuing.encode(),
        "issuing.crl": crl.public_bytes(Encoding.PEM),
        "certificate.pem": applied.certificate.public_bytes(Encoding.PEM),
    }
    paths = {name: str(tmp_path / name) for name in files}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    said = run(
        "openssl", "verify", "-x509_strict", "-crl_check", "-purpose", "sslclient",
        "-CAfile", paths["root.pem"], "-untrusted", paths["issuing.pem"], "-CRLfile", paths["issuing.crl"],
        paths["certificate.pem"],
    )  # fmt: skip
    assert said.strip().endswith("certificate.pem: OK")
    assert crl.get_revoked_certificate_by_serial_number(applied.certificate.serial_number) is None


def test_what_the_ra_publishes_lints_clean(applied: Applied, run: Run, tmp_path: Path):
    """pkilint at WARNING and above; the issuer's certificate and the list from where the certificate says."""
    (point,) = applied.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    accesses = applied.certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    (issuer,) = (one for one in accesses if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    assert point.full_name is not None
    files = {
        "certificate.der": applied.certificate.public_bytes(Encoding.DER),
        "issuing.cer": fetch(issuer.access_location.value),
        "issuing.crl": fetch(point.full_name[0].value),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    lint = ("lint", "--severity", "WARNING")
    for name in ("certificate.der", "issuing.cer"):
        assert run(str(BIN / "lint_pkix_cert"), *lint, str(tmp_path / name)).strip() == ""
    crl = ("--type", "CRL", "--profile", "PKIX", str(tmp_path / "issuing.crl"))
    assert run(str(BIN / "lint_crl"), *lint, *crl).strip() == ""


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        content: bytes = answer.read()
    return content
