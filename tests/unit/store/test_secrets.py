"""Small secrets: a real keyring or nothing; practice has a file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from cardtool.secret import Secret
from cardtool.store.secrets import KeyringStore, PracticeStore

NAME = "ra-session https://ra.example"


class Ring(KeyringBackend):
    """A keyring as an operating system has one. ``trouble`` is raised by every use."""

    priority = 1

    def __init__(self, trouble: Exception | None = None) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.trouble = trouble

    def _use(self) -> dict[tuple[str, str], str]:
        if self.trouble is not None:
            raise self.trouble
        return self.held

    def get_password(self, service: str, username: str) -> str | None:
        return self._use().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._use()[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self._use()[service, username]


class PlainText(Ring):
    """As ``keyrings.alt`` has them: a file that anybody may read."""


PlainText.__module__ = "keyrings.alt.file"


class Chain(chainer.ChainerBackend):
    """As ``keyring`` makes one where it finds several."""

    backends: ClassVar[list[KeyringBackend]] = []


@pytest.fixture(autouse=True)
def before() -> Iterator[None]:
    former = keyring.get_keyring()
    yield
    keyring.set_keyring(former)


def store_over(backend: KeyringBackend) -> KeyringStore:
    keyring.set_keyring(backend)
    return KeyringStore("CardTool")


def chain_of(*backends: KeyringBackend) -> Chain:
    chain = Chain()
    chain.backends = list(backends)
    return chain


@pytest.mark.parametrize("make", [Ring, lambda: chain_of(Ring())], ids=["alone", "chained"])
def test_a_real_keyring_keeps_gives_and_forgets(make):
    store = store_over(make())
    assert store.get(NAME) is None
    assert store.put(NAME, Secret("token"))
    assert store.get(NAME) == Secret("token")
    store.delete(NAME)
    store.delete(NAME)
    assert store.get(NAME) is None


@pytest.mark.parametrize(
    "backend",
    [null.Keyring(), fail.Keyring(), PlainText(), chain_of(), chain_of(Ring(), PlainText())],
    ids=["null", "none", "plain text", "empty chain", "plain text in a chain"],
)
def test_what_swallows_or_shows_secrets_is_refused(backend: KeyringBackend):
    store = store_over(backend)
    assert not store.put(NAME, Secret("token"))
    assert store.get(NAME) is None
    store.delete(NAME)


@pytest.mark.parametrize("trouble", [NoKeyringError(), InitError(), KeyringLocked()])
def test_one_that_cannot_be_used_keeps_nothing_and_breaks_nothing(trouble: Exception):
    store = store_over(Ring(trouble))
    assert not store.put(NAME, Secret("token"))
    assert store.get(NAME) is None
    store.delete(NAME)


class TestPractice:
    def test_it_keeps_gives_and_forgets_in_a_file_of_its_owner(self, tmp_path: Path):
        path = tmp_path / "session.json"
        store = PracticeStore(path)
        assert store.put(NAME, Secret("token"))
        assert store.put("other", Secret("x"))
        assert path.stat().st_mode & 0o777 == 0o600
        assert PracticeStore(path).get(NAME) == Secret("token")
        store.delete(NAME)
        assert store.get(NAME) is None
        assert store.get("other") == Secret("x")

    @pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff"])
    def test_a_damaged_file_counts_as_empty(self, tmp_path: Path, damage: bytes):
        path = tmp_path / "session.json"
        path.write_bytes(damage)
        store = PracticeStore(path)
        assert store.get(NAME) is None
        assert store.put(NAME, Secret("token"))
        assert store.get(NAME) == Secret("token")
