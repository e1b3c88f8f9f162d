"""Docker's overlay encryption in the labs' own words, nothing of it shared with the program: which SPI, salt and key a
pair of hosts uses."""

import ipaddress
import os
import struct

from esp import Association

# Lamport times and keys as in a swarm's keyring. Hosts send with the middle one and receive with all.
KEYS = [(56966 + i, bytes([16 * i + j for j in range(16)])) for i in range(5)]


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


def association(key_of_swarm, source, destination):
    """What a host at `source` seals with towards `destination` under one of KEYS."""
    tag, key = key_of_swarm
    spi = spi_of(tag, source, destination)
    return Association(spi, key, struct.pack("!I", spi))
