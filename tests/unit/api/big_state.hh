#pragma once

#include <cstdint>

#include "dataplane/api/state.hh"

namespace waggle::api {

/// An overlay with `entries` remote MACs and neighbours.
inline state big_state(std::uint64_t entries) {
    state whole;
    const vni overlay = *vni::from(4097);
    whole.overlays[overlay] = {"big", 1450, false};
    for (std::uint32_t peer = 0; peer < 100; ++peer) {
        const ip_address address = ip_address::from_v4(0xc000'0201 + peer);
        whole.vteps[address] = {next_hop{"uplink", *ip_address::parse("192.0.2.250"),
                                         mac_address::from_u64(2), mac_address::from_u64(4), 1500}};
        whole.members.insert({overlay, address});
    }
    whole.forwarding.reserve(entries);
    for (std::uint64_t i = 0; i < entries; ++i) {
        const auto mac = mac_address::from_u64(0x0242'0000'0000 + i);
        whole.forwarding.emplace(forwarding_key{overlay, mac},
                                 ip_address::from_v4(0xc000'0201 + static_cast<std::uint32_t>(i % 100)));
        whole.neighbours.emplace(
            neighbour_key{overlay, ip_address::from_v4(0x0a00'0000 + static_cast<std::uint32_t>(i))}, mac);
    }
    return whole;
}

}  // namespace waggle::api
