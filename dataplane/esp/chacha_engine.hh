#pragma once

#include "common/result.hh"
#include "dataplane/esp/aead.hh"

namespace waggle::esp {

/// ChaCha20-Poly1305: by libipsec-mb where it is the faster one, that is with AVX2 or better, else by
/// libsodium, which runs on any CPU. `automatic` takes the best that this CPU has; an error if it lacks what
/// `level` asks for. Control path, any thread.
result<const aead_engine*> find_chacha_engine(instruction_set level);

}  // namespace waggle::esp
