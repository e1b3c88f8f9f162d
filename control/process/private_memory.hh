#pragma once

#include "common/result.hh"

namespace waggle::control {

/// From now on no memory of this process is written to swap or into a core file, as keys are in it.
result<void> keep_memory_private();

}  // namespace waggle::control
