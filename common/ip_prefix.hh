#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "common/ip_address.hh"

namespace waggle {

/// An address with a prefix length, as in "10.1.0.7/24". Host bits are kept: the same type names a subnet
/// and an interface address.
struct ip_prefix {
    ip_address address;
    /// 0 to 32 for IPv4, 0 to 128 for IPv6.
    unsigned length = 0;

    /// "ADDRESS/LENGTH"; the length is required.
    static std::optional<ip_prefix> parse(std::string_view text);

    /// The same prefix with all host bits zero.
    ip_prefix network() const;
    /// True if the address is of the same family and inside.
    bool contains(const ip_address& ip) const;
    bool overlaps(const ip_prefix& other) const;
    /// The all-ones host address of an IPv4 network shorter than /31; nothing otherwise.
    std::optional<ip_address> broadcast_address() const;
    std::string to_string() const;

    friend auto operator<=>(const ip_prefix&, const ip_prefix&) = default;
};

}  // namespace waggle
