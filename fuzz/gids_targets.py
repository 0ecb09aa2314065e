"""What is fuzzed of GIDS: its objects, and a session whose card answers whatever it likes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa

from cardtool.cards.gids import admin, objects, recipes
from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.session import GidsSession
from cardtool.cards.gids.setup import set_up
from cardtool.cards.gids.types import Algorithm, Container, FileId, KeyUse, ObjectTag
from cardtool.cards.reading import read_gids_overview
from cardtool.errors import CardFull
from cardtool.secret import Secret
from fuzz.answers import FuzzedCard
from fuzz.tolerant import tolerant

PIN, NEW_PIN, ADMIN_KEY = Secret("123456"), Secret("654321"), Secret(bytes(range(24)))
KEY = rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key()
CONTAINER = Container(0, "container", KeyUse.EXCHANGE, 2048, is_default=True)


class _Encodable(Protocol):
    def encode(self) -> bytes: ...


TABLES: tuple[Callable[[bytes], _Encodable], ...] = (
    objects.MasterFile.parse,
    objects.CacheFile.parse,
    objects.ContainerMap.parse,
    objects.KeyMap.parse,
)


def fuzz_gids_objects(data: bytes) -> None:
    """What could be read can be written, and is read the same again: nobody else's entries are lost."""
    for parse in TABLES:
        with tolerant():
            table = parse(data)
            assert parse(table.encode()) == table
    with tolerant():
        objects.PinCounter.parse(data)
    with tolerant():
        objects.parse_certificate(data)
    with tolerant():
        _change(data)


def _change(data: bytes) -> None:
    table = objects.MasterFile.parse(data)
    try:
        entry = table.new_entry("mscp/kxc00")
    except CardFull:
        return
    assert entry not in table.entries
    assert table.with_entry(entry).without(entry) == table


def fuzz_gids(data: bytes) -> None:
    """The first byte counts the commands that follow it; the rest is what the card answers to them."""
    count = data[0] % 8 if data else 0
    session = GidsSession(FuzzedCard(data[1 + count :]))
    for choice in data[1 : 1 + count]:
        with tolerant():
            GIDS_ACTS[choice % len(GIDS_ACTS)](session)


GIDS_ACTS: tuple[Callable[[GidsSession], object], ...] = (
    lambda s: s.select(),
    lambda s: s.get_data(FileId.DIRECTORY, ObjectTag.MASTERFILE),
    lambda s: s.put_data(FileId.USER_WRITES, 0xDF21, bytes(400)),
    lambda s: s.verify_pin(PIN),
    recipes.read_pin_status,
    lambda s: s.logout(),
    lambda s: s.change_pin(PIN, NEW_PIN),
    recipes.ask_unblock,
    lambda s: recipes.unblock(s, bytes(8), NEW_PIN),
    lambda s: admin.authenticate_externally(s, ADMIN_KEY),
    lambda s: admin.authenticate_mutually(s, ADMIN_KEY),
    lambda s: admin.change_admin_key(s, ADMIN_KEY, ADMIN_KEY),
    lambda s: s.generate_asymmetric_key_pair(CONTAINER.key, Algorithm.RSA_2048),
    lambda s: s.public_key(CONTAINER.key),
    lambda s: recipes.list_containers(CardFiles(s)),
    lambda s: recipes.new_container(s, CardFiles(s)),
    lambda s: recipes.delete_container(s, CardFiles(s), CONTAINER),
    lambda s: recipes.read_certificate(CardFiles(s), CONTAINER),
    lambda s: recipes.write_certificate(CardFiles(s), CONTAINER, b"\x30\x00"),
    lambda s: recipes.sign_message(s, CONTAINER, KEY, b"message"),
    lambda s: recipes.decipher(s, CONTAINER, bytes(256)),
    lambda s: set_up(s, PIN, ADMIN_KEY, bytes(16)),
    read_gids_overview,
)
