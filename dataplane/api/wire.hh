#pragma once

// protoc's code does not keep our warnings, and it is found by the same include path as ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "dataplane/api/dataplane.pb.h"
#pragma GCC diagnostic pop

namespace waggle::api {

/// Of the protocol; both ends must have the same.
inline constexpr std::uint32_t protocol_version = 1;

}  // namespace waggle::api
