#pragma once

#include "common/result.hh"
#include "dataplane/esp/aead.hh"

namespace waggle::esp {

/// AES-GCM by libipsec-mb's direct API for one instruction set, or why this CPU can't. `level` is not
/// `automatic`, `cipher` one of the two of AES. Control path, any thread.
result<const aead_engine*> find_gcm_engine(aead_cipher cipher, instruction_set level);

/// The best instruction set of this CPU that libipsec-mb has AES-GCM for, if any.
result<instruction_set> best_instruction_set();

}  // namespace waggle::esp
