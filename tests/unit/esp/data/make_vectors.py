#!/usr/bin/env python3
"""Writes generated.txt, vectors in the manner of NIST's CAVP (many lengths of text and additional data) and of
Wycheproof (edge-case keys, nonces and texts, and tags that must not pass), computed by OpenSSL through Python's
cryptography. The same output every time."""
import random

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

random.seed(4303)
CIPHERS = {"aes128gcm": (AESGCM, 16), "aes256gcm": (AESGCM, 32), "chacha20poly1305": (ChaCha20Poly1305, 32)}


def line(name, key, nonce, additional, plain, text, tag, verdict):
    fields = [field.hex() or "-" for field in (key, nonce, additional, plain, text, tag)]
    print(" ".join([name, *fields, verdict]))


def emit(name, key, nonce, additional, plain, spoil=None):
    sealed = CIPHERS[name][0](key).encrypt(nonce, plain, additional)
    text, tag = sealed[:-16], sealed[-16:]
    if spoil is None:
        line(name, key, nonce, additional, plain, text, tag, "valid")
    else:
        line(name, key, nonce, additional, plain, text, spoil(tag), "invalid")


print("# Made by make_vectors.py; format as in published.txt.")
for name, (_, key_length) in CIPHERS.items():
    print("# additional data as in ESP, texts of many lengths")
    for length in [*range(0, 35), 47, 48, 49, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513]:
        for additional in (8, 12):
            emit(name, *(random.randbytes(n) for n in (key_length, 12, additional, length)))
    print("# other additional data")
    for additional in (0, 1, 7, 13, 15, 16, 17, 20, 31, 32, 33, 90):
        emit(name, *(random.randbytes(n) for n in (key_length, 12, additional, 40)))
    print("# keys, nonces and texts of all zeros and all ones")
    for key in (bytes(key_length), b"\xff" * key_length):
        for nonce in (bytes(12), b"\xff" * 12):
            for plain in (bytes(64), b"\xff" * 64):
                emit(name, key, nonce, b"\xff" * 8, plain)
    print("# tags that must not pass")
    key, nonce, additional, plain = (random.randbytes(n) for n in (key_length, 12, 8, 60))
    for bit in (0, 1, 7, 8, 31, 32, 33, 62, 63):
        emit(name, key, nonce, additional, plain,
             lambda tag, bit=bit: (int.from_bytes(tag, "little") ^ 1 << bit).to_bytes(16, "little"))
    emit(name, key, nonce, additional, plain, lambda tag: bytes(16))
    emit(name, key, nonce, additional, plain, lambda tag: b"\xff" * 16)
    emit(name, key, nonce, additional, plain, lambda tag: bytes(byte ^ 0xff for byte in tag))
    emit(name, key, nonce, additional, plain, lambda tag: bytes(byte ^ 0x80 for byte in tag))
    emit(name, key, nonce, additional, plain, lambda tag: tag[8:] + tag[:8])
    emit(name, key, nonce, additional, plain, lambda tag: tag[::-1])
