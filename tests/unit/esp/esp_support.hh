#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/esp/open.hh"
#include "dataplane/esp/seal.hh"
#include "dataplane/esp/security_association.hh"

namespace waggle::esp {

using bytes = std::vector<std::uint8_t>;

/// Reads hexadecimal digits; blanks are skipped.
bytes from_hex(std::string_view text);
std::string to_hex(const bytes& data);

/// 0, 1, 2 ... as key; SPI 0x1234; ICV of the profile that the cipher belongs to.
association_parameters test_parameters(aead_cipher cipher, bool extended = false);

/// Unwraps or throws with the message.
template <typename T>
T must(result<T> made) {
    if (!made) throw std::runtime_error(made.failure().message);
    return *std::move(made);
}

/// Seals one payload; empty if the verdict is another than `sealed`.
bytes seal_one(outbound_association& association, const bytes& payload, std::uint64_t now = 1);

struct opened_packet {
    open_verdict verdict;
    bytes payload;
};
/// Opens one packet.
opened_packet open_one(inbound_association& association, bytes packet, std::uint64_t now = 1);

/// A sealed packet whose decrypted part is exactly `text`, trailer included, made by OpenSSL. `iv` and
/// `sequence` are the packet's.
bytes seal_by_openssl(const association_parameters& parameters, std::uint64_t sequence, std::uint64_t iv,
                      const bytes& text);

}  // namespace waggle::esp
