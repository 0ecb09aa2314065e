"""The master key sealed by a real PKCS #11 token (SoftHSM): kept, versioned, moved, and worthless without the token."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pkcs11
import pytest

from server_stub import presence
from server_stub.__main__ import main
from server_stub.app import open_ra
from server_stub.ca.key_places import places_of
from server_stub.ca.signer import TokenUnavailable
from server_stub.custody.master import MasterKey, MasterKeyUnreadable
from server_stub.settings import Settings
from tests.support import softhsm as token
from tests.support.softhsm import LABEL, MODULE, PIN, write_setting

CARD = "00112233445566778899aabbccddeeff"

pytestmark = token.NEEDED


@pytest.fixture
def data(softhsm: None, tmp_path: Path) -> Path:
    write_setting(tmp_path, "master")
    return tmp_path


def opened(data: Path) -> MasterKey:
    return MasterKey.open(data / "master.key", sealing=places_of(data).sealing)


def move(data: Path) -> int:
    return main(["master-key", "move", "--data", str(data)])


def test_kept_and_versioned(data: Path) -> None:
    master = opened(data)
    first = master.admin_key(1, CARD, "AES-256")
    sealed = master.seal("relay:1", b"challenge")
    assert master.rotate() == 2
    again = opened(data)
    assert (again.version, again.admin_key(1, CARD, "AES-256")) == (2, first)
    assert again.admin_key(2, CARD, "AES-256") == master.admin_key(2, CARD, "AES-256") != first
    assert again.open_sealed("relay:1", sealed) == b"challenge"


def test_the_folder_alone_opens_nothing(data: Path) -> None:
    opened(data)
    (data / "token.toml").unlink()
    with pytest.raises(MasterKeyUnreadable, match="master-key move"):
        opened(data)
    write_setting(data, "master")
    document = json.loads((data / "master.key").read_bytes())
    for position, error in ((0, TokenUnavailable), (40, MasterKeyUnreadable)):  # the key's id; what it sealed
        changed = bytearray.fromhex(document["keys"])
        changed[position] ^= 1
        (data / "master.key").write_text(json.dumps({**document, "keys": changed.hex()}))
        with pytest.raises(error):
            opened(data)


def test_the_sealing_key_stays_inside(data: Path) -> None:
    opened(data)
    key_id = bytes.fromhex(json.loads((data / "master.key").read_bytes())["keys"])[:16]
    session = pkcs11.lib(str(MODULE)).get_token(token_label=LABEL).open()
    key = session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, id=key_id)
    assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)
    with pytest.raises(pkcs11.AttributeSensitive):
        _ = key[pkcs11.Attribute.VALUE]


def test_moved_into_the_token_and_back(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "token.toml").unlink()
    before = opened(data).admin_key(1, CARD, "AES-256")
    write_setting(data, "master")
    with pytest.raises(MasterKeyUnreadable, match="master-key move"):
        opened(data)
    assert move(data) == 0
    assert opened(data).admin_key(1, CARD, "AES-256") == before
    write_setting(data, "ca")
    assert move(data) == 0
    assert opened(data).admin_key(1, CARD, "AES-256") == before
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2] for line in out] == [
        "token (before: file-permissions)",
        "file-permissions (before: token)",
    ]


def test_not_while_an_ra_runs_and_not_without_a_key(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert move(data) == 1
    opened(data)
    before = (data / "master.key").read_bytes()
    with presence.announced(data):
        assert move(data) == 1
    (data / "token.toml").write_text((data / "token.toml").read_text().replace(LABEL, "another"))
    assert move(data) == 1
    assert (data / "master.key").read_bytes() == before
    told = capsys.readouterr().err
    assert "no master key" in told
    assert "an RA runs" in told
    assert "token another" in told
    assert PIN not in told


def test_a_whole_ra_and_its_backup(
    softhsm: None, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """The CA's keys stay where they were; the backup says what it does not hold."""
    write_setting(settings.data, "master")
    ra = open_ra(settings)
    admin_key = ra.master.admin_key(1, CARD, "TDES")
    ra.close()
    copied, restored = settings.data.parent / "copy.tar", settings.data.parent / "restored"
    assert main(["backup", str(copied), "--data", str(settings.data)]) == 0
    assert main(["restore", str(copied), "--data", str(restored)]) == 0
    assert capsys.readouterr().out.count("the token") == 2
    shutil.copy(settings.data / "pin", restored)
    again = open_ra(replace(settings, data=restored))
    assert again.master.admin_key(1, CARD, "TDES") == admin_key
    again.close()
