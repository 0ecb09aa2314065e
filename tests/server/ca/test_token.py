"""The CA's keys in a real PKCS #11 token (SoftHSM): what it signs is judged by openssl and pkilint."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pkilint.bin import lint_crl, lint_pkix_cert

from server_stub.ca.authority import Authority, AuthorityMismatch, RevokedEntry
from server_stub.ca.delegate import Delegate
from server_stub.ca.key_places import BadTokenSetting, keys_of
from server_stub.ca.signer import FileKeys, Keys, TokenUnavailable
from server_stub.ca.token import CannotLeaveToken, Token
from server_stub.custody.private_file import PrivateFileExposed
from tests.support import softhsm
from tests.support.softhsm import LABEL, MODULE, PIN, write_setting

URL = "http://127.0.0.1:8470"
NOW = datetime.now(UTC).replace(microsecond=0)

pytestmark = [
    softhsm.NEEDED,
    # pkilint leaves the files it opens to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def data(softhsm: None, tmp_path: Path) -> Path:
    """A data folder whose setting names the token."""
    write_setting(tmp_path)
    return tmp_path


@pytest.fixture
def keys(data: Path) -> Keys:
    return keys_of(data)


def open_ca(data: Path, keys: Keys, algorithm: str = "P-256") -> Authority:
    ca = Authority.open(
        data / "ca", name="證券憑證", practice=False, key_algorithm=algorithm, url=URL, keys=keys
    )
    ca.configure_urls(URL)
    return ca


def issue(ca: Authority, subject: x509.Name) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    arguments = ("signing", key, subject, "a@example.tw", ca.new_serial(), NOW, NOW + timedelta(days=365))
    return ca.issue(*arguments)


def lint(tmp_path: Path, main: Callable[[list[str]], int], der: bytes, *more: str) -> int:
    file = tmp_path / "linted.der"
    file.write_bytes(der)
    return main(["lint", *more, "--severity", "WARNING", str(file)])


@pytest.mark.parametrize("algorithm", ["RSA-3072", "P-256", "P-384"])
def test_openssl_verifies_what_the_token_signed(
    data: Path, keys: Keys, subject: x509.Name, algorithm: str
) -> None:
    ca = open_ca(data, keys, algorithm)
    certificate = issue(ca, subject)
    lists = [x509.load_der_x509_crl(der) for der in (ca.crl((), NOW), ca.root_crl(NOW))]
    pem: dict[str, list[x509.Certificate] | list[x509.CertificateRevocationList]] = {
        "leaf": [certificate],
        "issuing": [ca.chain[0]],
        "root": [ca.chain[1]],
        "lists": lists,
    }
    for name, parts in pem.items():
        (data / name).write_bytes(b"".join(part.public_bytes(Encoding.PEM) for part in parts))
    command = ["openssl", "verify", "-crl_check_all", "-CRLfile", "lists", "-CAfile", "root"]
    judged = subprocess.run(
        [*command, "-untrusted", "issuing", "leaf"], cwd=data, check=False, capture_output=True, text=True
    )
    assert judged.returncode == 0, judged.stderr
    assert not list((data / "ca").glob("*.key")), "no software key beside the token"


def test_pkilint_is_content(data: Path, keys: Keys, subject: x509.Name) -> None:
    ca = open_ca(data, keys)
    delegate = Delegate(data / "services" / "ocsp.pem", ca, "ocsp-responder").at(NOW).certificate
    for certificate in (issue(ca, subject), delegate, *ca.chain):
        assert lint(data, lint_pkix_cert.main, certificate.public_bytes(Encoding.DER)) == 0
    crl = ca.crl([RevokedEntry(ca.new_serial(), NOW, "keyCompromise")], NOW)
    assert lint(data, lint_crl.main, crl, "-t", "CRL", "-p", "PKIX") == 0


def test_the_key_is_found_again_and_stays_inside(data: Path, keys: Keys, subject: x509.Name) -> None:
    first = open_ca(data, keys)
    again = open_ca(data, keys_of(data))
    assert again.public_key() == first.public_key()
    issue(again, subject)
    # Whoever reaches behind the door (``Signer`` names no key) finds one that stays in the token.
    private = keys.load(data / "ca", "issuing")._key  # type: ignore[attr-defined]  # a ``Signer`` has none that may be named
    with pytest.raises(CannotLeaveToken):
        private.private_numbers()


def test_a_token_without_the_key_is_told(data: Path, keys: Keys) -> None:
    open_ca(data, keys)
    (data / "ca" / "issuing.token").write_text("00" * 16)
    with pytest.raises(TokenUnavailable):
        open_ca(data, keys)


def test_no_software_key_steps_in(data: Path, keys: Keys) -> None:
    open_ca(data, keys)
    with pytest.raises(AuthorityMismatch):
        open_ca(data, FileKeys())


def test_wrong_settings_are_told_without_the_pin(data: Path) -> None:
    for module, token in (("/nowhere.so", LABEL), (str(MODULE), "another")):
        with pytest.raises(TokenUnavailable) as told:
            Token.open(module, token, "ca", PIN)
        assert PIN not in str(told.value)
    for wrong in ('module = "m"\n', "holds = 5", 'holds = ["cards"]', "module"):
        (data / "token.toml").write_text(wrong)
        with pytest.raises(BadTokenSetting):
            keys_of(data)


def test_the_pin_comes_from_a_private_file_or_a_terminal(data: Path) -> None:
    (data / "pin").chmod(0o644)
    with pytest.raises(PrivateFileExposed):
        keys_of(data)
    setting = (data / "token.toml").read_text().replace('pin_file = "pin"\n', "")
    (data / "token.toml").write_text(setting)
    with pytest.raises(BadTokenSetting, match="terminal"):
        keys_of(data)


def test_without_a_setting_keys_are_files(tmp_path: Path) -> None:
    assert isinstance(keys_of(tmp_path), FileKeys)
