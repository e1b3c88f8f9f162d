#!/usr/bin/env python3
"""Computes vectors.json: the key exchange of control/encryption/key-exchange.md, written down a second time
from the document alone, with nothing but Python's standard library."""

import hashlib
import hmac
import json
import struct
from pathlib import Path

P = 2**255 - 19


def x25519(scalar: bytes, point: bytes) -> bytes:
    """RFC 7748 section 5."""
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = (k[31] & 127) | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public_half(private: bytes) -> bytes:
    return x25519(private, (9).to_bytes(32, "little"))


def extract(salt: bytes, data: bytes) -> bytes:
    return hmac.new(salt, data, hashlib.sha256).digest()


def expand(key: bytes, info: bytes, length: int) -> bytes:
    out, piece, number = b"", b"", 1
    while len(out) < length:
        piece = hmac.new(key, piece + info + bytes([number]), hashlib.sha256).digest()
        out, number = out + piece, number + 1
    return out[:length]


def overlay_keys(secret: bytes, vni: int) -> tuple[bytes, bytes]:
    root = extract(b"waggle esp 1", secret)
    number = struct.pack(">I", vni)
    return expand(root, b"announcement" + number, 32), expand(root, b"association" + number, 32)


AES256GCM, CHACHA20POLY1305 = 1, 2


def announcement(host: dict, vni: int, authentication: bytes) -> bytes:
    name = host["node"].encode()
    plain = struct.pack(">BBBBIQ16sHHI", 1, 1 << AES256GCM | 1 << CHACHA20POLY1305, host["preferred"], len(name),
                        vni, host["started"], host["boot"], host["workers"], 0, host["epoch"])
    plain += public_half(host["current"]) + public_half(host["next"]) + name
    return plain + hmac.new(authentication, plain, hashlib.sha256).digest()


def end(host: dict) -> bytes:
    name = host["node"].encode()
    return bytes([len(name)]) + name + host["boot"] + struct.pack(">I", host["epoch"]) + public_half(host["current"])


def association(sender: dict, receiver: dict, vni: int, mixing: bytes, worker: int) -> dict:
    cipher = sender["preferred"]
    shared = x25519(sender["current"], public_half(receiver["current"]))
    root = extract(mixing, shared)
    info = b"waggle esp 1 association" + struct.pack(">IBH", vni, cipher, worker) + end(sender) + end(receiver)
    everything = expand(root, info, 36 + 4)
    spi = int.from_bytes(everything[36:], "big")
    return {"sender": sender["node"], "worker": worker, "cipher": cipher, "shared": shared.hex(),
            "spi": spi + 256 if spi < 256 else spi, "keying_material": everything[:36].hex()}


def main() -> None:
    vni, secret = 4098, b"0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
    alpha = {"node": "alpha", "started": 1_700_000_000_000, "boot": bytes(range(16)), "workers": 2, "epoch": 1,
             "preferred": AES256GCM, "current": bytes([0x11] * 32), "next": bytes([0x22] * 32)}
    beta = {"node": "beta", "started": 1_700_000_000_001, "boot": bytes(range(16, 32)), "workers": 1, "epoch": 7,
            "preferred": CHACHA20POLY1305, "current": bytes([0x33] * 32), "next": bytes([0x44] * 32)}
    authentication, mixing = overlay_keys(secret, vni)
    hosts = [{key: value.hex() if isinstance(value, bytes) else value for key, value in host.items()}
             | {"announcement": announcement(host, vni, authentication).hex()} for host in (alpha, beta)]
    document = {
        "vni": vni, "secret": secret.decode(), "authentication": authentication.hex(), "mixing": mixing.hex(),
        "hosts": hosts,
        "associations": [association(alpha, beta, vni, mixing, 0), association(alpha, beta, vni, mixing, 1),
                         association(beta, alpha, vni, mixing, 0)],
    }
    Path(__file__).with_name("vectors.json").write_text(json.dumps(document, indent=1) + "\n")


main()
