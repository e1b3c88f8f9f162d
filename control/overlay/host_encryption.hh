#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.hh"
#include "config/config.hh"
#include "control/encryption/docker_rotation.hh"
#include "control/encryption/exchange.hh"
#include "control/overlay/preferred_peers.hh"

namespace waggle::control {

/// What the key files of a configuration hold.
struct key_material {
    std::optional<docker_keyring> docker;
    /// By the overlay's name; one for each overlay with the waggle profile.
    std::map<std::string, overlay_secret> secrets;
    /// What those for networks of a Docker swarm are made of, by the path of their file.
    std::map<std::string, secret> networks;
};

/// What a host has agreed on, to be found again by the next control process; see saved_exchange.
struct saved_encryption {
    /// The dataplane that has the associations.
    std::uint64_t instance = 0;
    struct overlay {
        std::uint32_t id = 0;
        std::vector<std::uint8_t> announcement;
        saved_exchange exchange;
    };
    std::vector<overlay> overlays;
};

/// All security associations of this host and how they come about: Docker's keys, and a key exchange for each
/// overlay with the waggle profile. A pure state machine: files, the clock and randomness are outside.
class host_encryption {
public:
    /// `life`: gives milliseconds since 1970, each time a greater number than ever before on this host.
    host_encryption(random_source random, std::function<std::uint64_t()> life);

    /// A configuration and its keys. What stays the same in it keeps its keys; another secret, name or
    /// algorithm begins the overlay's exchange anew. Other Docker keys begin a rotation.
    void configure(const config::config& config, key_material keys, moment now);
    /// Keys are exchanged on this overlay, or should be: it has the waggle profile.
    bool exchanges_on(vni overlay) const;
    /// What the hosts of an overlay announce at the moment, as it came; of use where the waggle profile is
    /// only preferred.
    void hear(vni overlay, std::set<std::string> announcements);
    /// Other peers than the configuration's alone: with those that the swarm tells of.
    void set_peers(const std::vector<config::peer>& peers) { _config.peers = peers; }
    /// Takes up what an earlier process had saved, as far as it fits the configuration, now or later.
    void resume(const saved_encryption& saved, moment now);
    saved_encryption save() const;

    /// The dataplane is this one. Another one than before has lost the sequence numbers, so that all
    /// exchanges begin anew. True if they did.
    bool dataplane_is(std::uint64_t instance, moment now);
    /// The dataplane has what associations() gave: the next step of a rotation. True if there is one.
    bool confirmed();
    /// Docker's keys are being changed.
    bool is_rotating() const { return _docker && _docker->is_rotating(); }

    struct own_announcement {
        std::string overlay;
        std::uint32_t epoch = 0;
        std::vector<std::uint8_t> bytes;
    };
    /// In the order of the overlays' names.
    std::vector<own_announcement> announcements() const;
    /// An announcement from outside, whatever it is. True if it changed anything.
    result<bool> accept(std::span<const std::uint8_t> bytes, moment now);
    /// New keys for one overlay, or for all with the waggle profile. The moment that they will be in use.
    result<moment> rekey(const std::string& overlay, moment now);
    /// The same for the overlay of an association that runs out of sequence numbers. False if its keys come
    /// from outside (docker).
    bool replace(const api::association_key& worn, moment now);

    /// Does what is due. True if anything changed.
    bool advance(moment now);
    std::optional<moment> wake_at() const;

    using association_map =
        std::unordered_map<api::association_key, api::association, api::association_key_hash>;
    /// All associations with the peers of the configuration. Asks for new keys where an SPI is taken.
    association_map associations(moment now);
    /// Peers of an encrypted overlay that nothing can be sent to for want of keys. Empty for a plain one.
    std::vector<std::string> peers_without_keys(const config::overlay& overlay) const;

private:
    /// An exchange that ended while others may still send with what was agreed.
    struct left_exchange {
        std::string overlay;
        config::waggle_profile profile;
        exchange agreed;
        moment until;
    };

    void add_docker(association_map& to) const;
    void add_exchange(const config::overlay& overlay, exchange& with, association_map& to, moment now);
    void add_left(const left_exchange& left, association_map& to) const;
    exchange_settings settings_for(const config::overlay& overlay, const overlay_secret& keys) const;
    exchange begin_exchange(const config::overlay& overlay, exchange_settings settings, moment now);
    void leave(const config::overlay& overlay, exchange former, moment now);
    association_list agreed_associations(const config::overlay& overlay,
                                         const config::waggle_profile& profile, const exchange& with,
                                         const config::peer& peer) const;

    random_source _random;
    std::function<std::uint64_t()> _life;
    config::config _config;
    std::optional<std::uint64_t> _instance;
    std::optional<docker_rotation> _docker;
    /// By the overlay's name.
    std::map<std::string, exchange> _exchanges;
    /// By the overlay's name; of those that have another profile besides.
    std::map<std::string, preferred_peers> _preferred;
    std::vector<left_exchange> _left;
    /// What an earlier process had saved for overlays that are not there yet.
    saved_encryption _saved;
};

}  // namespace waggle::control
