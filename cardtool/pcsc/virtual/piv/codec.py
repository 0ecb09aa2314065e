"""The state of a PIV card as the text of its state file, and back.

Bytes are hexadecimal, slots and tags hexadecimal strings, private keys unencrypted PKCS#8.
"""

from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_private_key

from cardtool.errors import CardFileUnreadable
from cardtool.pcsc.virtual import store
from cardtool.pcsc.virtual.piv.keys import KeyPair, PinPolicy, TouchPolicy
from cardtool.pcsc.virtual.piv.personality import Algorithm, Extension, Personality
from cardtool.pcsc.virtual.piv.state import MANAGEMENT_KEY_SIZES, CardState, ManagementKey, Reference
from cardtool.pcsc.virtual.store import Json

KIND = "piv"


def encode(state: CardState) -> str:
    return store.encode(KIND, to_json(state))


def decode(text: str) -> CardState:
    """Raises CardFileUnreadable."""
    card = store.decode(KIND, text)
    try:
        return from_json(card)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CardFileUnreadable("content") from None


def to_json(state: CardState) -> Json:
    return {
        "personality": _personality_to_json(state.personality),
        "serial": state.serial,
        "pin": _reference_to_json(state.pin),
        "puk": _reference_to_json(state.puk),
        "management_key": {
            "algorithm": state.management_key.algorithm.name,
            "value": state.management_key.value.hex(),
            "touch_policy": state.management_key.touch_policy.name,
        },
        "keys": {f"{slot:02X}": _key_to_json(key) for slot, key in sorted(state.keys.items())},
        "objects": {f"{tag:06X}": content.hex() for tag, content in sorted(state.objects.items())},
        "attestation_root": state.attestation_root.hex(),
    }


def from_json(values: Json) -> CardState:
    """Raises KeyError, TypeError, ValueError or AttributeError on anything that ``to_json`` does not make."""
    return CardState(
        personality=_personality_from_json(values["personality"]),
        serial=_whole_number(values["serial"]),
        pin=_reference_from_json(values["pin"]),
        puk=_reference_from_json(values["puk"]),
        management_key=_management_key_from_json(values["management_key"]),
        keys={int(slot, 16): _key_from_json(key) for slot, key in values["keys"].items()},
        objects={int(tag, 16): bytes.fromhex(content) for tag, content in values["objects"].items()},
        attestation_root=bytes.fromhex(values["attestation_root"]),
    )


def _reference_to_json(reference: Reference) -> Json:
    return {"value": reference.value.hex(), "limit": reference.limit, "tries": reference.tries}


def _reference_from_json(values: Json) -> Reference:
    value, limit, tries = bytes.fromhex(values["value"]), values["limit"], values["tries"]
    if len(value) != 8 or not 0 <= _whole_number(tries) <= _whole_number(limit) <= 255:
        raise ValueError("reference data")
    return Reference(value, limit, tries)


def _management_key_from_json(values: Json) -> ManagementKey:
    algorithm = Algorithm[values["algorithm"]]
    value = bytes.fromhex(values["value"])
    if len(value) != MANAGEMENT_KEY_SIZES[algorithm]:
        raise ValueError("management key")
    return ManagementKey(algorithm, value, TouchPolicy[values["touch_policy"]])


def _key_to_json(key: KeyPair) -> Json:
    return {
        "algorithm": key.algorithm.name,
        "pkcs8": key.pkcs8.hex(),
        "pin_policy": key.pin_policy.name,
        "touch_policy": key.touch_policy.name,
        "generated": key.generated,
    }


def _key_from_json(values: Json) -> KeyPair:
    pkcs8 = bytes.fromhex(values["pkcs8"])
    load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)
    return KeyPair(
        algorithm=Algorithm[values["algorithm"]],
        pkcs8=pkcs8,
        pin_policy=PinPolicy[values["pin_policy"]],
        touch_policy=TouchPolicy[values["touch_policy"]],
        generated=bool(values["generated"]),
    )


def _personality_to_json(personality: Personality) -> Json:
    return {field.name: _plain(getattr(personality, field.name)) for field in fields(personality)}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, frozenset):
        return sorted(member.name for member in value)
    if isinstance(value, Algorithm):
        return value.name
    return list(value) if isinstance(value, tuple) else value


def _personality_from_json(values: Json) -> Personality:
    """Fields that a later version added take their defaults; unknown ones are refused."""
    kinds = typing.get_type_hints(Personality)
    return Personality(**{name: _rich(kinds[name], value) for name, value in values.items()})


def _rich(kind: object, value: Any) -> Any:
    readers: dict[object, Any] = {
        bytes: bytes.fromhex,
        Algorithm: Algorithm.__getitem__,
        frozenset[Algorithm]: lambda names: frozenset(Algorithm[name] for name in names),
        frozenset[Extension]: lambda names: frozenset(Extension[name] for name in names),
        tuple[int, int, int]: tuple,
        int: _whole_number,
    }
    if kind in readers:
        return readers[kind](value)
    if not isinstance(value, typing.cast("type", kind)):
        raise TypeError(kind)
    return value


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number is needed")
    return value
