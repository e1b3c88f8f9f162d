#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/ip_address.hh"
#include "control/encryption/docker_keys.hh"
#include "dataplane/api/association.hh"

namespace waggle::control {

/// Associations by their keys, as the dataplane's state has them.
using association_list = std::vector<std::pair<api::association_key, api::association>>;

/// How one end of a docker association behaves.
struct docker_peer {
    /// Our VTEP and the peer's, of one family.
    ip_address self;
    ip_address peer;
    /// UDP port (RFC 3948); 0: IP protocol 50, as stock hosts do.
    std::uint16_t encapsulation_port = 0;
    std::uint16_t keepalive_seconds = 0;
};

/// What holds for all docker associations of a host.
struct docker_settings {
    std::uint32_t replay_window = 4096;
    /// Stock hosts restart at sequence number 1 under the same SPI.
    api::replay_policy replay = api::replay_policy::resync;
    friend bool operator==(const docker_settings&, const docker_settings&) = default;
};

/// The keys of this host over the time. A rotation [k0,k1,k2] to [k1,k2,k3] goes in steps, each of which the
/// dataplane has confirmed before the next begins: receive (k3 is accepted too), send (with k2), retire (k0
/// is gone). No packet is refused on the way, whatever order the other hosts do theirs in.
class docker_rotation {
public:
    explicit docker_rotation(docker_keyring initial) : _target(std::move(initial)) {
        _accepted.assign(_target.keys.begin(), _target.keys.end());
        _sending = _target.sending();
    }

    /// New keys; begins with the first step. Keys in force already: nothing happens, returns false. A tag
    /// whose key differs has the SPI of the old one, so the old one is replaced at once.
    bool rotate(docker_keyring next);
    /// The dataplane confirmed what associations() gives: takes the next step. False if there is none.
    bool advance();
    bool is_rotating() const { return _step != step::steady; }
    const docker_keyring& keys() const { return _target; }

    /// The associations with one peer as the step has them: one inbound for each accepted key, one outbound.
    association_list associations(const docker_peer& with, const docker_settings& settings) const;

private:
    enum class step : std::uint8_t { receive, send, steady };

    docker_keyring _target;
    std::vector<docker_key> _accepted;
    docker_key _sending;
    step _step = step::steady;
};

}  // namespace waggle::control
