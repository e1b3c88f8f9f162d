#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/result.hh"
#include "config/config.hh"
#include "control/overlay/host_encryption.hh"

namespace waggle::control {

/// Reads the files with keys and secrets that a configuration names. Fails with the first that can't be used,
/// naming the key of the configuration, the file and the remedy; their content is never part of a message.
result<key_material> read_key_files(const config::config& config);

/// Numbers the lives of this host's keys: milliseconds since 1970, but always more than the last one, which
/// is kept in the state directory, so that a clock that was set back does no harm.
class life_counter {
public:
    /// `state_directory`: node section.
    explicit life_counter(const std::string& state_directory) : _path(state_directory + "/key-life") {}
    /// `now`: milliseconds since 1970. Without a usable file it is `now`.
    std::uint64_t next(std::uint64_t now);

private:
    std::string _path;
    std::uint64_t _last = 0;
};

}  // namespace waggle::control
