#pragma once

#include <memory>
#include <vector>

#include "tests/support/dataplane_fixture.hh"
#include "tests/support/esp_builder.hh"

namespace waggle::test {

/// The dataplane of dataplane_fixture whose overlay `red` is encrypted, with associations to and from both
/// reachable peers: outbound with SPI `keys.spi`, inbound with the next one, the same key.
class sealed_fixture : public dataplane_fixture {
public:
    /// `keys`: of all associations. `udp_port`: of ESP in UDP, 0 for none.
    explicit sealed_fixture(protection_kind kind = protection_kind::docker, const esp_keys& keys = {},
                            std::uint16_t udp_port = 0);

    esp_outer sealed_to(const ip_address& peer) const {
        return {.outer = to_peer(peer), .sequence = 1, .iv = first_iv, .udp_port = udp_port};
    }
    esp_outer sealed_from(const ip_address& peer) const {
        return {.outer = from_peer(peer), .udp_port = udp_port};
    }
    std::shared_ptr<esp::outbound_association> make_sender(std::uint64_t first_sequence = 1) const;
    std::shared_ptr<esp::inbound_association> make_receiver(const esp::replay_settings& replay = {}) const;
    /// Sends with `with` (or nothing, if null) from now on.
    void send_with(vtep_index vtep, std::shared_ptr<esp::outbound_association> with);

    esp_keys keys;
    /// What peers seal with.
    esp_keys inbound_keys;
    protection bound_to;
    std::uint16_t udp_port;
    std::vector<std::shared_ptr<void>> associations;
    /// Padding, its length, the next header, ICV.
    static constexpr std::uint16_t longest_trailer = 3 + 2 + 16;
    static constexpr std::uint64_t first_iv = 0xdead'beef'0000'0001;
};

}  // namespace waggle::test
