#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "common/result.hh"

namespace waggle {

/// "what: No such device", from errno or a given error number (also positive ones of DPDK calls).
inline error system_error(const std::string& what, int number = errno) {
    return error{what + ": " + std::generic_category().message(number < 0 ? -number : number)};
}

}  // namespace waggle
