"""The master key's file: kept, versioned, sealed; and sealing of short-lived secrets."""

from __future__ import annotations

import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.custody.master import MasterKey, MasterKeyUnreadable
from server_stub.custody.private_file import PrivateFileExposed
from server_stub.custody.sealing import Passphrase, SealBroken

CARD = "00112233445566778899aabbccddeeff"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "custody" / "master.json"


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> MasterKey:
    return MasterKey.open(tmp_path_factory.mktemp("custody") / "master.json")


def _secrets(master: MasterKey, version: int = 1) -> tuple[bytes, str]:
    return master.admin_key(version, CARD, "AES-192"), master.puk(version, CARD, 0)


def test_kept_and_random(path: Path, tmp_path: Path) -> None:
    assert _secrets(MasterKey.open(path)) == _secrets(MasterKey.open(path))
    assert _secrets(MasterKey.open(path)) != _secrets(MasterKey.open(tmp_path / "other.json"))


def test_old_versions_stay(path: Path) -> None:
    master = MasterKey.open(path)
    before = _secrets(master)

    assert (master.version, master.rotate(), master.version) == (1, 2, 2)
    again = MasterKey.open(path)
    assert again.version == 2
    assert _secrets(again, 1) == before
    assert _secrets(again, 2) != before


def test_rotation_by_another_process_is_seen_and_kept(path: Path) -> None:
    here, there = MasterKey.open(path), MasterKey.open(path)
    there.rotate()
    assert _secrets(here, 2) == _secrets(there, 2)

    idle = MasterKey.open(path)
    there.rotate()
    assert idle.rotate() == 4
    assert _secrets(idle, 3) == _secrets(there, 3)


def test_unknown_version(master: MasterKey) -> None:
    with pytest.raises(KeyError):
        master.admin_key(9, CARD, "AES-128")


def test_several_first_openings_make_one_key(path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(MasterKey.open, [path] * 4))

    assert len({_secrets(master) for master in opened}) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has access lists instead of modes")
def test_readable_by_its_owner_only(path: Path) -> None:
    MasterKey.open(path)
    assert path.stat().st_mode & 0o777 == 0o600

    path.chmod(0o604)
    with pytest.raises(PrivateFileExposed):
        MasterKey.open(path)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b"\xff", b'{"keys": 5}', b"[" * 100])
def test_a_damaged_file_is_reported_and_left_alone(path: Path, damage: bytes) -> None:
    MasterKey.open(path)
    path.write_bytes(damage)

    with pytest.raises(MasterKeyUnreadable):
        MasterKey.open(path)
    assert path.read_bytes() == damage


@pytest.mark.parametrize("keys", [{}, {"1": "00"}, {"one": "00" * 32}, {"1": None}])
def test_damaged_keys(path: Path, keys: object) -> None:
    MasterKey.open(path)
    document = json.loads(path.read_bytes())
    document["keys"] = json.dumps(keys).encode().hex()
    path.write_text(json.dumps(document))

    with pytest.raises(MasterKeyUnreadable):
        MasterKey.open(path)


def test_a_missing_file_is_not_made_where_it_must_exist(path: Path) -> None:
    with pytest.raises(MasterKeyUnreadable):
        MasterKey.open(path, create=False)
    assert not path.exists()


def test_a_failed_rotation_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    master = MasterKey.open(path)
    content = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            master.rotate()
    assert (path.read_bytes(), master.version) == (content, 1)
    assert [file.name for file in path.parent.iterdir() if "lock" not in file.name] == [path.name]


def test_it_shows_and_travels_nowhere(master: MasterKey) -> None:
    assert repr(master) == "MasterKey(version=1)"
    with pytest.raises(TypeError):
        pickle.dumps(master)


# --- sealed by a passphrase -------------------------------------------------------------------


def _phrase(text: bytes = b"correct horse") -> Passphrase:
    return Passphrase(text, cost=2**4)


def test_passphrase(path: Path) -> None:
    made = MasterKey.open(path, sealing=_phrase())

    assert made.rotate() == 2
    assert _secrets(MasterKey.open(path, sealing=_phrase()), 2) == _secrets(made, 2)


def test_the_sealed_file_does_not_hold_the_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda length: b"\xa5" * length)
    MasterKey.open(path, sealing=_phrase())
    sealed = bytes.fromhex(json.loads(path.read_bytes())["keys"])

    assert ("a5" * 32).encode() not in sealed
    assert b"\xa5" * 32 not in sealed


def test_wrong_or_no_passphrase(path: Path) -> None:
    MasterKey.open(path, sealing=_phrase())
    for sealing in (_phrase(b"wrong"), None):
        with pytest.raises(MasterKeyUnreadable):
            MasterKey.open(path, sealing=sealing)


# --- sealing for the database -----------------------------------------------------------------


def test_sealed_and_opened(master: MasterKey) -> None:
    sealed = master.seal("relay:1", b"challenge")

    assert master.open_sealed("relay:1", sealed) == b"challenge"
    assert b"challenge" not in sealed
    assert sealed != master.seal("relay:1", b"challenge")


def test_only_its_purpose_opens_it(master: MasterKey) -> None:
    with pytest.raises(SealBroken):
        master.open_sealed("relay:2", master.seal("relay:1", b"challenge"))


def test_opened_after_a_rotation(path: Path) -> None:
    master = MasterKey.open(path)
    sealed = master.seal("relay:1", b"challenge")
    master.rotate()

    assert master.open_sealed("relay:1", sealed) == b"challenge"


def test_every_changed_bit_is_noticed(master: MasterKey) -> None:
    sealed = master.seal("relay:1", b"challenge")
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            master.open_sealed("relay:1", bytes(changed))


@given(st.binary(max_size=64))
def test_anything_else_is_broken(master: MasterKey, sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        master.open_sealed("relay:1", sealed)
