"""The state file: lasting, locked, replaced atomically, and clear about bad ones."""

from __future__ import annotations

import copy
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cardtool.errors import AlreadyRunning, ArgumentInvalid, CardFileUnreadable, FolderNotWritable
from cardtool.pcsc.virtual.piv import FRAGILE, GENERIC, YUBIKEY, Personality, VirtualPivCard
from cardtool.pcsc.virtual.store import StateFile
from tests.unit.virtual.terminal import P256, RSA_2048, VERIFY_STATUS, VERIFY_WRONG, Terminal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "card.json"


def opened(card: VirtualPivCard) -> Terminal:
    card.power_on()
    terminal = Terminal(card.transmit, card.state.personality.admin_algorithm)
    terminal.select()
    return terminal


@pytest.mark.parametrize("personality", [YUBIKEY, GENERIC, FRAGILE], ids=lambda kind: kind.name)
def test_everything_lasting_survives_a_reload(path: Path, personality: Personality) -> None:
    card = VirtualPivCard.create(path, personality, serial=4711)
    terminal = opened(card)
    terminal.admin()
    public = terminal.generate(0x9A, RSA_2048)
    terminal.generate(0x9E, P256)
    terminal.put("5FC105", b"certificate")
    terminal.send(VERIFY_WRONG)
    card.close()
    again = VirtualPivCard.load(path)
    assert again.state == card.state
    terminal = opened(again)
    assert terminal.send(VERIFY_STATUS)[1] == 0x63C2
    terminal.verify()
    signature, _ = terminal.use_key(0x9A, RSA_2048, b"\x00" + b"\x01" * 255)
    modulus = int.from_bytes(public["81"], "big")
    assert pow(int.from_bytes(signature, "big"), 65537, modulus) == int.from_bytes(b"\x01" * 255, "big")
    again.close()


def test_a_change_is_on_disk_before_the_answer_is_given(path: Path) -> None:
    card = VirtualPivCard.create(path)
    terminal = opened(card)
    for tries in (2, 1, 0):
        terminal.send(VERIFY_WRONG)
        assert VirtualPivCard.inspect(path).pin.tries == tries
    card.close()


def test_reading_and_signing_write_nothing(path: Path) -> None:
    card = VirtualPivCard.create(path)
    terminal = opened(card)
    terminal.admin()
    terminal.generate(0x9E, P256)
    before = path.stat().st_ino
    terminal.use_key(0x9E, P256, bytes(32))
    terminal.get("7E")
    terminal.verify()
    assert path.stat().st_ino == before
    card.close()


def test_a_failed_write_is_a_memory_failure_and_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = VirtualPivCard.create(path)
    terminal = opened(card)
    terminal.admin()
    before = copy.deepcopy(card.state)

    def full(self: StateFile, text: str) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(StateFile, "write", full)
        assert terminal.put("5FC105", b"x") == 0x6581
    assert card.state == before
    assert terminal.get("5FC105")[1] == 0x6A82
    assert terminal.put("5FC105", b"x") == 0x9000
    card.close()


def test_a_write_that_breaks_off_leaves_the_former_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = VirtualPivCard.create(path)
    content = path.read_text()
    terminal = opened(card)

    def fail(handle: int) -> None:
        raise OSError(5, "input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert terminal.send(VERIFY_WRONG)[1] == 0x6581
    assert path.read_text() == content
    assert {entry.name for entry in path.parent.iterdir()} == {"card.json", "card.json.lock"}
    card.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_only_the_owner_may_read_it(path: Path) -> None:
    VirtualPivCard.create(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_owner_at_a_time_but_anyone_may_inspect(path: Path) -> None:
    card = VirtualPivCard.create(path)
    with pytest.raises(AlreadyRunning):
        VirtualPivCard.load(path)
    assert VirtualPivCard.inspect(path) == card.state
    card.close()
    VirtualPivCard.load(path).close()


def test_creating_never_overwrites(path: Path) -> None:
    path.write_text("something dear")
    with pytest.raises(ArgumentInvalid):
        VirtualPivCard.create(path)
    assert path.read_text() == "something dear"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable):
        VirtualPivCard.create(tmp_path / "file" / "card.json")


def test_missing_file(path: Path) -> None:
    for use in (VirtualPivCard.load, VirtualPivCard.inspect):
        with pytest.raises(CardFileUnreadable) as caught:
            use(path)
        assert caught.value.what == "missing"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda whole: "not json", "json"),
        (lambda whole: "[1, 2]", "format"),
        (lambda whole: "[" * 100_000, "json"),
        (lambda whole: json.dumps(whole | {"format": "other"}), "format"),
        (lambda whole: json.dumps(whole | {"version": 2}), "version"),
        (lambda whole: json.dumps(whole | {"kind": "gids"}), "kind"),
        (lambda whole: json.dumps(whole | {"card": []}), "content"),
        (lambda whole: "é", "content"),
    ],
)
def test_files_that_are_no_card(path: Path, change: Callable[[dict[str, Any]], str], what: str) -> None:
    VirtualPivCard.create(path).close()
    path.write_bytes(change(json.loads(path.read_text())).encode())
    with pytest.raises(CardFileUnreadable) as caught:
        VirtualPivCard.load(path)
    assert caught.value.what == what
    # A refused file is not left locked: the second attempt fails for the same reason.
    with pytest.raises(CardFileUnreadable):
        VirtualPivCard.load(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pin", {"value": "00", "limit": 3, "tries": 3}),
        ("pin", {"value": "00" * 8, "limit": 3, "tries": 4}),
        ("pin", {"value": "00" * 8, "limit": 3, "tries": True}),
        ("puk", None),
        ("serial", "1"),
        ("management_key", {"algorithm": "AES_192", "value": "00", "touch_policy": "NEVER"}),
        ("management_key", {"algorithm": "ROT13", "value": "00", "touch_policy": "NEVER"}),
        ("keys", {"9A": {}}),
        ("keys", {"9A": {"algorithm": "ECC_P256", "pkcs8": "00", "pin_policy": "ONCE"}}),
        ("keys", []),
        ("objects", {"xyz": "00"}),
        ("objects", {"5FC105": 7}),
        ("personality", {"name": "x", "atr": "3B00", "invented": 1}),
        ("personality", {"name": "x", "atr": "3B00", "pin_tries": "3"}),
        ("personality", {"name": "x", "atr": "3B00", "digits_only": 1}),
        ("personality", {"atr": "3B00"}),
    ],
)
def test_cards_that_cannot_be(path: Path, field: str, value: object) -> None:
    VirtualPivCard.create(path).close()
    whole = json.loads(path.read_text())
    whole["card"][field] = value
    path.write_text(json.dumps(whole))
    with pytest.raises(CardFileUnreadable) as caught:
        VirtualPivCard.inspect(path)
    assert caught.value.what == "content"


def test_fields_of_later_versions_take_their_defaults(path: Path) -> None:
    VirtualPivCard.create(path).close()
    whole = json.loads(path.read_text())
    del whole["card"]["personality"]["erases_keys_when_blocked"]
    path.write_text(json.dumps(whole))
    assert VirtualPivCard.inspect(path).personality == YUBIKEY
