"""What takes several commands, or a command and some sense: free functions over a session and its files."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cardtool.cards.gids.files import CardFiles
from cardtool.cards.gids.key_file import key_file_control
from cardtool.cards.gids.objects import (
    DEFAULT_CONTAINER,
    VALID_CONTAINER,
    ContainerMap,
    ContainerRecord,
    KeyMap,
    KeyRecord,
    build_certificate,
    parse_certificate,
)
from cardtool.cards.gids.session import GidsSession, check_pin
from cardtool.cards.gids.types import (
    CARDID,
    CMAPFILE,
    FIRST_KEY,
    KEY_FILES,
    MOST_CONTAINERS,
    Algorithm,
    Container,
    FileId,
    KeyUse,
    Mechanism,
    ObjectTag,
    Template,
)
from cardtool.cards.keys import CardRSAPrivateKey
from cardtool.cards.pin import PinStatus
from cardtool.errors import CardCommandFailed, NoFreeSlot, NotSupportedByCard, ObjectNotFound
from cardtool.secret import Secret

KEY_EXISTS = 1
BeforeUse = Callable[[], None]
"""Called right before each use of a private key."""


def read_card_id(files: CardFiles) -> bytes | None:
    """16 random bytes as a rule; None where the card has none."""
    try:
        return files.read(CARDID)
    except ObjectNotFound:
        return None


def read_pin_status(session: GidsSession) -> PinStatus:
    """The tries left, by the counter where the card has one. Whether it is verified stays unasked then."""
    try:
        return PinStatus(verified=False, tries_left=session.pin_counter().tries_left)
    except (ObjectNotFound, NotSupportedByCard, CardCommandFailed):
        return session.pin_status()


# --- containers ---


def list_containers(files: CardFiles) -> tuple[Container, ...]:
    """The containers in use, in their order."""
    records = enumerate(_read_map(files).records)
    return tuple(_container(index, record) for index, record in records if record.valid)


def new_container(
    session: GidsSession,
    files: CardFiles,
    bits: int = 2048,
    use: KeyUse = KeyUse.EXCHANGE,
    name: str | None = None,
) -> tuple[Container, rsa.RSAPublicKey]:
    """Make a key in a place where there is none; needs the PIN. The container is entered when its key is there.

    ``name``: at most 39 characters, unique; a new GUID if None. Raises NotSupportedByCard (size), NoFreeSlot,
    CardFull.
    """
    algorithm = Algorithm.from_bits(bits)
    if algorithm is None:
        raise NotSupportedByCard("key size")
    containers = _read_map(files)
    index = _free_index(session, containers)
    session.create_file(key_file_control(FIRST_KEY + index, algorithm, use))
    session.activate_file()
    public_key = session.generate_asymmetric_key_pair(FIRST_KEY + index, algorithm)
    record = _new_record(containers, name or str(uuid.uuid4()), algorithm.bits, use)
    key = KeyRecord(KEY_EXISTS, algorithm, use.key_type, KEY_FILES | FIRST_KEY + index)
    _enter(session, files, containers.with_record(index, record), index, key)
    return _container(index, record), public_key


def delete_container(session: GidsSession, files: CardFiles, container: Container) -> None:
    """**Destroy** the key and its certificate; needs the PIN. It is no longer listed before it is gone."""
    containers = _read_map(files).with_record(container.index, ContainerRecord())
    _enter(session, files, containers, container.index, KeyRecord())
    files.delete(container.certificate_path)
    session.select_file(KEY_FILES | container.key)
    session.delete_file()


def _enter(
    session: GidsSession, files: CardFiles, containers: ContainerMap, index: int, key: KeyRecord
) -> None:
    files.freshen(containers=True)
    keys = _read_keys(session)
    while len(keys.records) < len(containers.records):
        keys = keys.with_record(len(keys.records), KeyRecord())
    session.put_data(FileId.DIRECTORY, ObjectTag.KEYMAP, keys.with_record(index, key).encode())
    files.write(CMAPFILE, containers.encode())


def _free_index(session: GidsSession, containers: ContainerMap) -> int:
    """The first number that is not listed and whose key file is not there either.

    A key that is not listed may be left from a card that was pulled; it may be somebody's all the same.
    """
    for index in range(MOST_CONTAINERS):
        if not containers.at(index).valid and not _has_key_file(session, index):
            return index
    raise NoFreeSlot


def _has_key_file(session: GidsSession, index: int) -> bool:
    try:
        session.select_file(KEY_FILES | FIRST_KEY + index)
    except ObjectNotFound:
        return False
    return True


def _new_record(containers: ContainerMap, name: str, bits: int, use: KeyUse) -> ContainerRecord:
    """The first container of a card is its default."""
    has_default = any(record.valid and record.is_default for record in containers.records)
    exchange = use is KeyUse.EXCHANGE
    return ContainerRecord(
        name=name,
        flags=VALID_CONTAINER | (0 if has_default else DEFAULT_CONTAINER),
        signature_bits=0 if exchange else bits,
        exchange_bits=bits if exchange else 0,
    )


def _container(index: int, record: ContainerRecord) -> Container:
    return Container(index, record.name, record.use, record.bits, record.is_default)


def _read_map(files: CardFiles) -> ContainerMap:
    try:
        return ContainerMap.parse(files.read(CMAPFILE))
    except ObjectNotFound:
        return ContainerMap()


def _read_keys(session: GidsSession) -> KeyMap:
    try:
        return KeyMap.parse(session.get_data(FileId.DIRECTORY, ObjectTag.KEYMAP))
    except ObjectNotFound:
        return KeyMap()


# --- certificates and signatures ---


def read_certificate(files: CardFiles, container: Container) -> bytes | None:
    """The certificate (DER), unpacked; None where there is none. Raises CardAnswerMalformed."""
    try:
        return parse_certificate(files.read(container.certificate_path))
    except ObjectNotFound:
        return None


def write_certificate(files: CardFiles, container: Container, der: bytes) -> None:
    """Needs the PIN. Raises CardFull; read back and compare afterwards."""
    files.freshen()
    files.write(container.certificate_path, build_certificate(der))


def private_key(
    session: GidsSession,
    container: Container,
    public_key: rsa.RSAPublicKey,
    before_use: BeforeUse = lambda: None,
) -> CardRSAPrivateKey:
    """The container's key for ``cryptography``; needs the PIN. Valid as long as the session.

    Raises NotSupportedByCard.
    """
    algorithm = Algorithm.from_bits(public_key.key_size)
    if algorithm is None:
        raise NotSupportedByCard("key algorithm")

    def operation(block: bytes) -> bytes:
        before_use()
        digest_info = _pkcs1_content(block)
        mechanism = Mechanism.SIGN_PADDED_BY_HOST if digest_info is None else Mechanism.SIGN_PADDED_BY_CARD
        session.set_key(Template.SIGNATURE, mechanism | algorithm, container.key)
        return session.sign(block if digest_info is None else digest_info)

    return CardRSAPrivateKey(public_key, operation)


def _pkcs1_content(block: bytes) -> bytes | None:
    """What PKCS#1 v1.5 was put around: every card puts it there itself. None for other paddings."""
    head, separator, content = block[2:].partition(b"\x00")
    padded = block[:2] == b"\x00\x01" and separator and not head.strip(b"\xff")
    return content if padded else None


def sign_message(
    session: GidsSession, container: Container, public_key: rsa.RSAPublicKey, message: bytes
) -> bytes:
    """Sign with SHA-256, RSASSA-PKCS1-v1_5. The signature was checked with ``public_key``.

    Raises SecurityStatusNotSatisfied, ProofFailed.
    """
    key = private_key(session, container, public_key)
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def decipher(session: GidsSession, container: Container, cryptogram: bytes) -> bytes:
    """What was encrypted with PKCS#1 v1.5 for an EXCHANGE key; needs the PIN."""
    algorithm = Algorithm.from_bits(container.bits)
    if algorithm is None:
        raise NotSupportedByCard("key algorithm")
    session.set_key(Template.CONFIDENTIALITY, Mechanism.DECIPHER_PKCS1 | algorithm, container.key)
    return session.decipher(cryptogram)


# --- unblocking with an answer given by somebody else ---


def ask_unblock(session: GidsSession) -> bytes:
    """The card's challenge (8 bytes) for whoever holds the admin key.

    Hold the card until the answer comes: any other command, and any reset, makes the challenge void.
    """
    session.set_admin_key()
    return session.external_challenge()


def unblock(session: GidsSession, response: bytes, new_pin: Secret) -> None:
    """Set a new PIN with the answer to ``ask_unblock``. It gives all tries back.

    Raises PinNotSent (nothing sent), SecurityStatusNotSatisfied or CardCommandFailed for a wrong answer, PinRefused.
    """
    check_pin(new_pin)
    session.external_response(response)
    session.reset_retry_counter(new_pin)
