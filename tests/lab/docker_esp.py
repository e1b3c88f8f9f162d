"""Docker's overlay encryption in the labs' own words, nothing of it shared with the program: which SPI, salt and key a
pair of hosts uses, and the bytes of a packet sealed under them, by OpenSSL through the `cryptography` module."""

import ipaddress
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ICV = 8
# Lamport times and keys as in a swarm's keyring. Hosts send with the middle one and receive with all.
KEYS = [(56966 + i, bytes([16 * i + j for j in range(16)])) for i in range(5)]


class NotAuthentic(Exception):
    """The integrity check value does not fit."""


def write_keys(path, keys):
    """A key file as waggle-control reads it."""
    text = "".join(f"{tag} {key.hex()}\n" for tag, key in keys)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    return str(path)


def encrypt(host, overlay="blue", keys=None):
    """Gives `host` Docker's keys and encrypts `overlay` with them; before the host starts."""
    host.config["node"]["docker_encryption"] = {"keys": write_keys(host.directory / "docker.keys", keys or KEYS[:3])}
    next(o for o in host.config["overlays"] if o["name"] == overlay)["encryption"] = {"profile": "docker"}


def mapped(address):
    """The 16 bytes that enter the SPI: IPv4 in its mapped form."""
    packed = ipaddress.ip_address(address).packed
    return packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed


def spi_of(tag, source, destination):
    """FNV-1a, 32 bits."""
    state = 0x811C9DC5
    for byte in mapped(source) + struct.pack("!I", tag & 0xFFFFFFFF) + mapped(destination):
        state = (state ^ byte) * 0x01000193 & 0xFFFFFFFF
    return state


def seal(key, spi, sequence, iv, text, icv=ICV):
    """An ESP packet around `text`, which ends with its trailer."""
    head = struct.pack("!II", spi, sequence)
    nonce = struct.pack("!I", spi) + iv
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head)
    sealed = encryptor.update(text) + encryptor.finalize()
    return head + iv + sealed + encryptor.tag[:icv]


def open_sealed(key, packet, icv=ICV):
    """What is inside, the trailer included; or raises NotAuthentic."""
    head, iv, sealed, tag = packet[:8], packet[8:16], packet[16:-icv], packet[-icv:]
    decryptor = Cipher(algorithms.AES(key), modes.GCM(packet[:4] + iv, tag, min_tag_length=icv)).decryptor()
    decryptor.authenticate_additional_data(head)
    try:
        return decryptor.update(sealed) + decryptor.finalize()
    except InvalidTag as error:
        raise NotAuthentic(f"SPI {packet[:4].hex()} number {int.from_bytes(packet[4:8], 'big')}") from error
