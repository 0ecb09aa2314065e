"""Software cards: a PIV applet with real cryptography, an in-process reader, a plug into pcscd by vpcd."""
