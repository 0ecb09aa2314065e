"""The captcha as sound, by the library's voices, at a tenth of the library's cost.

The library draws every sample of its noise by itself and bends every murmur in the background anew. Here the
noise is drawn at once, and the murmurs come from a stock; the spoken digits are bent anew for every captcha.
"""

from __future__ import annotations

import secrets

from captcha.audio import WAVE_SAMPLE_RATE, AudioCaptcha, mix_wave

_NOISE = bytes(value % 4 + 126 for value in range(256))  # unsigned samples, silence is 128
_MURMURS = 24
_LONGEST_GAP = WAVE_SAMPLE_RATE // 10


class Speaker(AudioCaptcha):
    """``generate(digits)`` gives a WAV of unsigned bytes, 8 kHz."""

    def __init__(self) -> None:
        super().__init__()
        self.load()
        self._murmurs = [bytes(self._noise_pick()) for _ in range(_MURMURS)]

    def create_background_noise(self, length: int, chars: str) -> bytearray:  # noqa: ARG002 (the library's signature)
        noise = bytearray(secrets.token_bytes(length).translate(_NOISE))
        position = 0
        while position < length:
            murmur = secrets.choice(self._murmurs)
            end = position + len(murmur) + 1
            noise[position:end] = mix_wave(bytearray(murmur), noise[position:end])
            position = end + secrets.randbelow(_LONGEST_GAP)
        return noise
