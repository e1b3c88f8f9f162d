"""A host's part in the key exchange of the waggle profile, written from control/encryption/key-exchange.md alone over
OpenSSL's X25519 and HKDF: another implementation to talk to, with keys that a test may look at."""

import base64
import dataclasses
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

AES256GCM = 1
FIXED = struct.Struct("!BBBBIQ16sHHI32s32s")
AUTHENTICATOR = 32


def extract(salt, data):
    return hmac.new(salt, data, hashlib.sha256).digest()


def expand(key, info, length):
    return HKDFExpand(hashes.SHA256(), length, info).derive(key)


@dataclasses.dataclass
class End:
    """What enters the derivation for one host."""

    name: bytes
    boot: bytes
    epoch: int
    public: bytes

    def packed(self):
        return bytes([len(self.name)]) + self.name + self.boot + struct.pack("!I", self.epoch) + self.public


class Host:
    """A life of keys of the host `name` on one overlay; it never rotates."""

    def __init__(self, name, vni, secret):
        self.vni = vni
        root = extract(b"waggle esp 1", secret.encode())
        number = struct.pack("!I", vni)
        self.authentication = expand(root, b"announcement" + number, 32)
        self.mixing = expand(root, b"association" + number, 32)
        self.private = X25519PrivateKey.generate()
        self.next_public = self.public_of(X25519PrivateKey.generate())
        self.end = End(name.encode(), os.urandom(16), 1, self.public_of(self.private))

    @staticmethod
    def public_of(private):
        return private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def announcement(self):
        end = self.end
        plain = FIXED.pack(1, 1 << AES256GCM, AES256GCM, len(end.name), self.vni, 1, end.boot, 1, 0, end.epoch,
                           end.public, self.next_public) + end.name
        sealed = plain + hmac.new(self.authentication, plain, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, announcement):
        """The end that it announces; its authenticator has to be right."""
        bytes_ = base64.urlsafe_b64decode(announcement + "=" * (-len(announcement) % 4))
        plain, authenticator = bytes_[:-AUTHENTICATOR], bytes_[-AUTHENTICATOR:]
        assert hmac.new(self.authentication, plain, hashlib.sha256).digest() == authenticator
        fields = FIXED.unpack(plain[: FIXED.size])
        version, _, preferred, length, vni, _, boot, _, reserved, epoch, current, _ = fields
        assert (version, preferred, vni, reserved) == (1, AES256GCM, self.vni, 0)
        assert len(plain) == FIXED.size + length
        return End(plain[FIXED.size :], boot, epoch, current)

    def association(self, other, outbound, worker=0):
        """(key, salt, SPI) of the sender's worker."""
        shared = self.private.exchange(X25519PublicKey.from_public_bytes(other.public))
        ends = (self.end, other) if outbound else (other, self.end)
        info = b"waggle esp 1 association" + struct.pack("!IBH", self.vni, AES256GCM, worker)
        material = expand(extract(self.mixing, shared), info + b"".join(e.packed() for e in ends), 40)
        spi = int.from_bytes(material[36:], "big")
        return material[:32], material[32:36], spi + 256 if spi < 256 else spi
