#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "dataplane/api/file_descriptor.hh"

namespace waggle::api {

/// Keeps others who take it out of a directory for as long as it lives; it goes with the process, leaves no
/// file behind, and does not keep anybody from using the directory without it (flock).
class directory_lock {
public:
    /// Waits for who has it; nothing after `patience`, or if there is no such directory (errno tells).
    static std::optional<directory_lock> take(const std::string& directory,
                                              std::chrono::milliseconds patience);

private:
    explicit directory_lock(file_descriptor held) : _held(std::move(held)) {}
    file_descriptor _held;
};

}  // namespace waggle::api
