"""Captchas: digits as a picture and, for those who cannot see it, as sound.

The database holds a keyed hash of the answer; a captcha is gone with its first use, right or wrong.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from captcha.image import ImageCaptcha
from sqlalchemy import delete

from server_stub.db.models import Captcha
from server_stub.problems import Code, Problem
from server_stub.ra import Act
from server_stub.speech import Speaker

DIGITS = 5
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Riddle:
    """``image`` is PNG, ``audio`` WAV."""

    answer: str
    image: bytes
    audio: bytes


def draw() -> Riddle:
    """Computes for a while (the sound above all): never inside a transaction."""
    answer = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    image = ImageCaptcha().generate(answer).getvalue()
    return Riddle(answer, image, bytes(_speaker().generate(answer)))


def store(act: Act, unit: str, riddle: Riddle) -> Captcha:
    captcha = Captcha(id=secrets.token_hex(16), unit=unit, answer_tag="", expires_at=act.now + LIFETIME)
    captcha.answer_tag = _tag(act, captcha.id, riddle.answer)
    act.db.add(captcha)
    return captcha


def require(act: Act, unit: str, answered: tuple[str, str] | None) -> None:
    """Where the unit wants one. ``answered``: id and answer. Raises Problem as ``use`` does, CAPTCHA_WRONG for none."""
    if answered is None:
        raise Problem(Code.CAPTCHA_WRONG, keep=True)
    use(act, unit, *answered)


def use(act: Act, unit: str, captcha_id: str, answer: str) -> None:
    """Take the captcha away. Raises Problem CAPTCHA_WRONG or CAPTCHA_EXPIRED (used up, unknown, too old)."""
    taken = act.db.execute(
        delete(Captcha)
        .where(Captcha.id == captcha_id, Captcha.unit == unit)
        .returning(Captcha.answer_tag, Captcha.expires_at)
    ).one_or_none()
    if taken is None or taken.expires_at <= act.now:
        raise Problem(Code.CAPTCHA_EXPIRED, keep=True)
    if taken.answer_tag != _tag(act, captcha_id, answer.strip()):
        raise Problem(Code.CAPTCHA_WRONG, keep=True)


def _tag(act: Act, captcha_id: str, answer: str) -> str:
    return act.ra.tags.tag("captcha", captcha_id, answer)


@cache
def _speaker() -> Speaker:
    return Speaker()
