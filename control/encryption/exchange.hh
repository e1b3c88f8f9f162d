#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/result.hh"
#include "control/encryption/announcement.hh"
#include "control/encryption/derivation.hh"
#include "control/encryption/key_pair.hh"
#include "control/moment.hh"

namespace waggle::control {

struct exchange_settings {
    vni overlay;
    /// This host's name.
    std::string node;
    overlay_secret keys;
    api::cipher preferred = api::cipher::aes256gcm;
    /// Of this host's dataplane.
    std::uint16_t workers = 1;
    friend bool operator==(const exchange_settings&, const exchange_settings&) = default;
};

/// What was agreed with one peer for one epoch of each side.
struct agreed_keys {
    std::uint32_t own_epoch = 0;
    std::uint32_t peer_epoch = 0;
    api::cipher inbound_cipher = api::cipher::aes256gcm;
    api::cipher outbound_cipher = api::cipher::aes256gcm;
    /// One a worker of the sender.
    std::vector<derived_association> inbound;
    std::vector<derived_association> outbound;
    /// Of the inbound ones.
    api::association_phase phase = api::association_phase::receive_only;
    /// The outbound ones are what we send with.
    bool sending = false;
    /// When they are forgotten, if they are draining.
    std::optional<moment> expires;
};

/// What must outlive the process so that a restart of control alone changes no association: kept in memory
/// file systems only, never on a disk.
struct saved_exchange {
    std::uint64_t started = 0;
    boot_value boot{};
    std::uint32_t epoch = 0;
    secret current;
    secret next;
    moment rotates_at;
    /// The peers', as they came.
    std::vector<std::vector<std::uint8_t>> announcements;
};

/// The key exchange of one overlay in the waggle profile, as a state machine: announcements of other hosts
/// and moments go in, our announcement and the agreed keys come out. key-exchange.md explains it.
///
/// Each host has two halves: the current one and the next one, which all others know long before it is used.
/// A host accepts what peers seal with their current and with their next half; it sends with both current
/// ones. So a rotation needs nobody's consent and loses nothing, as long as announcements arrive at all
/// within a rotation interval.
class exchange {
public:
    static constexpr std::chrono::seconds usual_interval{3600};
    /// How old an announcement has to be before the half that it announced may be used.
    static constexpr std::chrono::seconds settling{5};
    /// How long keys that are not used any more are accepted: by hosts that have not heard of the rotation.
    static constexpr std::chrono::seconds longest_drain{600};
    static constexpr std::size_t most_peers = 16'384;

    /// Begins a life. `started`: milliseconds since 1970, greater than in any earlier life of this host.
    exchange(exchange_settings settings, std::uint64_t started, random_source random, moment now);
    /// Goes on with a life that was saved under the same settings.
    exchange(exchange_settings settings, const saved_exchange& saved, random_source random, moment now);

    const exchange_settings& settings() const { return _settings; }
    /// What all other hosts of the overlay have to get.
    const std::vector<std::uint8_t>& own_announcement() const { return _announcement; }
    std::uint32_t epoch() const { return _epoch; }

    /// An announcement from outside, whatever it is. True if it changed anything; old, known and reflected
    /// ones do not. Fails if it is not authentic or of no use, with nothing changed.
    result<bool> accept(std::span<const std::uint8_t> bytes, moment now);

    /// From now on a rotation takes place every `interval`, at least `settling`.
    void set_interval(std::chrono::seconds interval, moment now);
    /// Asks for a rotation outside the interval. Returns when it will be: as soon as the next half is
    /// settled.
    moment rekey(moment now);
    /// Begins another life: everything so far is forgotten at once, save the peers' announcements. For the
    /// case that the dataplane lost its sequence numbers.
    void renew(std::uint64_t started, moment now);

    /// Does what is due. True if anything changed.
    bool advance(moment now);
    /// When advance() will have something to do.
    moment wake_at() const;

    bool knows(const std::string& peer) const { return _peers.contains(peer); }
    std::vector<std::string> peers() const;
    /// The one that counts of a peer, as it came; empty for an unknown peer.
    std::span<const std::uint8_t> announcement_of(const std::string& peer) const;
    /// Empty for an unknown peer, or one that we can't agree with.
    std::span<const agreed_keys> agreed_with(const std::string& peer) const;

    saved_exchange save() const;

private:
    struct known_peer {
        announcement told;
        std::vector<std::uint8_t> bytes;
        std::vector<agreed_keys> agreed;
    };

    void announce();
    void rotate(moment now);
    void refresh(known_peer& peer, moment now);
    void agree_on(known_peer& peer, const half& theirs);

    exchange_settings _settings;
    random_source _random;
    std::chrono::seconds _interval = usual_interval;
    std::uint64_t _started = 0;
    boot_value _boot{};
    /// Of `_current`; `_next` has the one after it.
    std::uint32_t _epoch = 1;
    key_pair _current;
    key_pair _next;
    std::vector<std::uint8_t> _announcement;
    moment _announced_at;
    moment _rotates_at;
    std::map<std::string, known_peer> _peers;
};

}  // namespace waggle::control
