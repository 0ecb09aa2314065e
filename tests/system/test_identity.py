"""A card stays who it is, whatever other programs write on it (spec 3.5)."""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from cardtool.pcsc.virtual.piv import VirtualPivCard
from tests.system.conftest import Run
from tests.system.scene import Scene
from tests.unit.virtual.terminal import certify

CHUID = 0x5FC102


def test_the_ra_still_knows_a_card_into_which_ykman_imported(scene: Scene, run: Run, tmp_path: Path):
    """ykman gives the card another GUID, so that Windows forgets what it knew of it; the RA asks its 9E key."""
    person = scene.person()
    card = scene.insert(person)
    before = VirtualPivCard.inspect(card.state)
    ykman = (str(Path(sys.executable).with_name("ykman")), "--reader", card.reader, "piv")
    key = ("--management-key", before.management_key.value.hex())
    public, certificate = tmp_path / "public.pem", tmp_path / "certificate.pem"
    run(*ykman, "keys", "generate", *key, "--algorithm", "ECCP256", "9d", str(public))
    key_made = load_pem_public_key(public.read_bytes())
    assert isinstance(key_made, ec.EllipticCurvePublicKey)
    made = certify(key_made, "another program")
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    run(*ykman, "certificates", "import", *key, "9d", str(certificate))
    after = VirtualPivCard.inspect(card.state)
    assert after.objects[CHUID] != before.objects[CHUID], "ykman left the GUID as it was"

    scene.assert_agreed(person, scene.tool.apply(person))
