"""One right example of every shape of docs/ra-api.md."""

from __future__ import annotations

import hashlib

from cardtool.ra.wire import (
    Account,
    Captcha,
    CardAtRa,
    CardChallenge,
    CertificateAtRa,
    Order,
    OrderFee,
    RaInfo,
    Relay,
    Session,
    SignedIn,
    Terms,
    UnitFee,
    UnitInfo,
    Verification,
    WitnessAnswer,
)

TIME = "2026-06-01T12:00:00Z"
ID = "0123456789abcdef" * 2
TEXT = "# 條款\n\n一、同意。"
SESSION = {
    "account": "A1",
    "unit": "exchange",
    "expires_at": TIME,
    "must_change_password": False,
    "by_card": True,
}
UNIT = {
    "id": "exchange",
    "names": {"zh_TW": "金融", "en": "Finance"},
    "carrier": "card",
    "sign_in": {"captcha": True, "identifier": "account"},
    "site_password": {
        "minimum": 8,
        "maximum": 20,
        "letter": True,
        "upper": False,
        "lower": False,
        "digit": True,
        "symbols": False,
    },
    "card": {
        "key_algorithm": "RSA-2048",
        "slots": ["9A", "9C"],
        "pin_minimum": 6,
        "pin_maximum": 8,
        "pin_tries": 3,
    },
    "validity_years": 2,
    "renewal_opens_days": 30,
    "terms": "tick",
    "card_sign_in": True,
    "support": {"phone": "02-1234-5678", "hours": {"zh_TW": "週一", "en": "Monday"}},
}
TERMS = {
    "version": "1.0",
    "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
    "title": "條款",
    "text": TEXT,
}
ORDER = {
    "id": ID,
    "kind": "apply",
    "state": "created",
    "unit": "exchange",
    "card_id": ID,
    "slot_hint": "9A",
    "key_algorithm": "RSA-2048",
    "subject": "CN=王小明,C=TW",
    "created_at": TIME,
    "deadline": TIME,
    "certificate": None,
}
FEE = {
    "amount": 60,
    "currency": "TWD",
    "state": "reserved",
    "account": "***********567",
    "reason": None,
    "deadline": TIME,
}
UNIT_FEE = {"amount": 60, "currency": "TWD", "kinds": ["renew"], "accounts": ["passbook", "giro"]}
ACCOUNT = {
    "account": "A1",
    "unit": "exchange",
    "identifier": "ID-1",
    "holder": "王小明",
    "email": "someone@example.test",
    "phone": "0900-000-000",
    "registration": "approved",
    "suspended": False,
    "cards": [{"card_id": ID, "label": "1"}],
}
CARD = {"mine": True, "card_id": ID, "status": "active", "guids": ["00" * 16]}
VERIFICATION = {"id": ID, "nonce": "ab" * 32, "expires_at": TIME}
RELAY = {"id": ID, "algorithm": "AES-128", "expires_at": TIME}
WITNESS = {"witness": "01" * 16, "challenge": "02" * 16}
CERTIFICATE = {
    "serial": "a1b",
    "key": "cd" * 32,
    "pem": "-----BEGIN",
    "state": "valid",
    "order": ID,
    "card_id": ID,
    "slot": "9A",
}

SHAPES = {
    RaInfo: {"name": "RA", "version": "0.1.0", "time": TIME, "practice": True, "units": ["exchange"]},
    UnitInfo: UNIT,
    UnitFee: UNIT_FEE,
    Terms: TERMS,
    Captcha: {"id": ID, "image_png": "iVBORw0KGgo=", "audio_wav": "UklGRg==", "expires_at": TIME},
    CardChallenge: {"nonce": "ab" * 32, "expires_at": TIME},
    Session: SESSION,
    SignedIn: {**SESSION, "token": "-t0ken_" + "x" * 40},
    Account: ACCOUNT,
    CardAtRa: CARD,
    Verification: VERIFICATION,
    Order: ORDER,
    OrderFee: FEE,
    Relay: RELAY,
    WitnessAnswer: WITNESS,
    CertificateAtRa: CERTIFICATE,
}
