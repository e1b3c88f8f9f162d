#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/overlay/host_encryption.hh"

/// What control agreed on with other hosts, kept for a control process that starts again while the dataplane
/// goes on: in memory only, so that keys that are replaced are gone for good.
namespace waggle::control {

/// As bytes, private halves and all.
std::vector<std::uint8_t> encode(const saved_encryption& saved);
/// Nothing if the bytes are not what encode() gives.
std::optional<saved_encryption> decode_saved_encryption(std::span<const std::uint8_t> bytes);

class saved_keys {
public:
    /// `runtime_directory`: node section.
    explicit saved_keys(const std::string& runtime_directory);
    /// True if the directory is on a file system that lives in memory; else nothing is ever kept.
    bool possible() const { return _possible; }
    /// Mode 0600.
    void keep(const saved_encryption& what) const;
    std::optional<saved_encryption> read() const;
    void forget() const;

private:
    std::string _path;
    bool _possible = false;
};

}  // namespace waggle::control
