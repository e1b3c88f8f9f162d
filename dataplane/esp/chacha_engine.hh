#pragma once

#include "dataplane/esp/aead.hh"

namespace waggle::esp {

/// ChaCha20-Poly1305 by libsodium, on any CPU; null if libsodium can't start. Control path, any thread.
const aead_engine* find_chacha_engine();

}  // namespace waggle::esp
