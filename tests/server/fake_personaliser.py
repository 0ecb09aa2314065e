"""Stands in for ``cardtool personalise``: speaks its protocol, keeps a "card" as a JSON file, has no card code.

``--die-at N``: ends abruptly instead of the N-th answer. ``--say TEXT``: answers that to everything.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Child:
    def __init__(self, die_at: int | None, saying: str | None) -> None:
        self.die_at = die_at
        self.saying = saying
        self.answers = 0

    def say(self, answer: dict[str, Any]) -> None:
        self.answers += 1
        if self.answers == self.die_at:
            os._exit(9)
        sys.stdout.write((self.saying or json.dumps(answer)) + "\n")
        sys.stdout.flush()

    def work(self) -> None:
        for line in sys.stdin:
            job = json.loads(line)
            path = Path(job["card"]["state_file"])
            card = json.loads(path.read_text()) if path.exists() else {}
            self.certify(card, path, "verification", ec.generate_private_key(ec.SECP256R1()))
            if "signing_key" in job:
                self.certify(card, path, "signing", rsa.generate_private_key(65537, 2048))
            card["job"] = job
            path.write_text(json.dumps(card))
            self.say({"done": True, "serial": 4711})

    def certify(self, card: dict[str, Any], path: Path, use: str, fresh: Key) -> None:
        if f"{use}_key" not in card:
            pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            card[f"{use}_key"] = pem.decode()
            path.write_text(json.dumps(card))
        key = load_pem_private_key(card[f"{use}_key"].encode(), None)
        assert isinstance(key, Key)
        csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
        self.say({f"{use}_csr": csr.public_bytes(Encoding.PEM).decode()})
        card[f"{use}_certificate"] = json.loads(sys.stdin.readline())["certificate"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--say")
    options = parser.parse_args()
    Child(options.die_at, options.say).work()
