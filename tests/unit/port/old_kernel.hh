#pragma once

#include <atomic>

namespace waggle {

/// While set, sendmmsg() of this program answers as a kernel before Linux 6.2 does: it refuses a message that
/// asks for UDP segmentation, and what stands behind it is not sent.
extern std::atomic<bool> kernel_is_old;

}  // namespace waggle
