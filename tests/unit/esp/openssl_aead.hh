#pragma once

#include <cstddef>

#include "dataplane/esp/aead.hh"
#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {

struct sealed_text {
    bytes text;
    /// 16 bytes.
    bytes tag;
};

/// The independent reference: OpenSSL's AEAD.
sealed_text openssl_seal(aead_cipher cipher, const bytes& key, const bytes& nonce, const bytes& additional,
                         const bytes& plain);

}  // namespace waggle::esp
