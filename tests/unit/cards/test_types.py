"""Numbers that the standard fixes."""

from __future__ import annotations

import pytest

from cardtool.cards.piv.types import AdminAlgorithm, Algorithm, ObjectTag, Slot


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("9A", 0x5FC105),
        ("9C", 0x5FC10A),
        ("9D", 0x5FC10B),
        ("9E", 0x5FC101),
        ("82", 0x5FC10D),
        ("95", 0x5FC120),
    ],
)
def test_every_slot_has_its_certificate_object(label: str, tag: int) -> None:
    slot = Slot.from_label(label)
    assert (slot.label, slot.object_tag) == (label, tag)


def test_no_two_slots_share_an_object() -> None:
    assert len({slot.object_tag for slot in Slot}) == len(Slot) == 24
    assert all(isinstance(slot.object_tag, ObjectTag) for slot in Slot)


def test_algorithms_by_the_names_of_the_unit_files() -> None:
    for algorithm in Algorithm:
        assert Algorithm.from_label(algorithm.label) is algorithm
    assert Algorithm.from_label("RSA-2048") == 0x07
    assert Algorithm.from_label("P-256") == 0x11


def test_admin_key_sizes() -> None:
    assert {item: (item.block_size, item.key_size) for item in AdminAlgorithm} == {
        AdminAlgorithm.TDES: (8, 24),
        AdminAlgorithm.AES_128: (16, 16),
        AdminAlgorithm.AES_192: (16, 24),
        AdminAlgorithm.AES_256: (16, 32),
    }
