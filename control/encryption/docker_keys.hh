#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/ip_address.hh"
#include "common/result.hh"
#include "common/secret.hh"

/// Keys of Docker's encrypted overlays (`docker network create --opt encrypted`), which the swarm's managers
/// hand to all hosts under the subsystem "networking:ipsec".
namespace waggle::control {

struct docker_key {
    /// Low 32 bits of the key's Lamport time.
    std::uint32_t tag = 0;
    /// 16 bytes.
    secret key;
    friend bool operator==(const docker_key&, const docker_key&) = default;
};

/// The three keys that are in force, oldest first. All are accepted; the middle one is sent with, so that a
/// rotation finds every host with the next key in place.
struct docker_keyring {
    std::array<docker_key, 3> keys;

    const docker_key& sending() const { return keys[1]; }
    friend bool operator==(const docker_keyring&, const docker_keyring&) = default;
};

/// Text of a key file: three lines "LAMPORT-TIME KEY" in any order, the time decimal, the key 32 hex digits;
/// empty lines and those that begin with '#' do not count. The failure names the line and never shows it.
result<docker_keyring> parse_docker_keys(std::string_view text);

/// SPI of the association from `source` to `destination`: FNV-1a, 32 bits, over both addresses as 16 bytes
/// (IPv4 mapped) with the tag between them in network byte order. Its four bytes in network order are the
/// salt as well.
std::uint32_t docker_spi(const ip_address& source, const ip_address& destination, std::uint32_t tag);

}  // namespace waggle::control
