"""ESP with AES-GCM (RFC 4106) by OpenSSL through the `cryptography` module: nothing of it is shared with the program."""

import dataclasses
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class NotAuthentic(Exception):
    """The integrity check value does not fit."""


@dataclasses.dataclass(frozen=True)
class Association:
    """One direction. With `extended` sequence numbers the high half, 0 as long as a lab lives, is authenticated too."""

    spi: int
    key: bytes
    salt: bytes
    icv: int = 8
    extended: bool = False

    def _additional(self, head):
        return head[:4] + bytes(4) + head[4:] if self.extended else head

    def seal(self, sequence, iv, text):
        """An ESP packet around `text`, which ends with its trailer."""
        head = struct.pack("!II", self.spi, sequence)
        encryptor = Cipher(algorithms.AES(self.key), modes.GCM(self.salt + iv)).encryptor()
        encryptor.authenticate_additional_data(self._additional(head))
        sealed = encryptor.update(text) + encryptor.finalize()
        return head + iv + sealed + encryptor.tag[: self.icv]

    def open(self, packet):
        """What is inside, the trailer included; or raises NotAuthentic."""
        head, iv, sealed, tag = packet[:8], packet[8:16], packet[16 : -self.icv], packet[-self.icv :]
        mode = modes.GCM(self.salt + iv, tag, min_tag_length=self.icv)
        decryptor = Cipher(algorithms.AES(self.key), mode).decryptor()
        decryptor.authenticate_additional_data(self._additional(head))
        try:
            return decryptor.update(sealed) + decryptor.finalize()
        except InvalidTag as error:
            raise NotAuthentic(f"SPI {self.spi:#010x} number {int.from_bytes(packet[4:8], 'big')}") from error
