#pragma once

#include <chrono>

namespace waggle::control {

/// A moment of the monotonic clock; always a parameter, so that tests run in virtual time.
using moment = std::chrono::steady_clock::time_point;

}  // namespace waggle::control
