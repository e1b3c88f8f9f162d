#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/association_rules.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/state.hh"

namespace waggle::api {

/// A state that counts who refers to what, so that a change is checked and applied at the cost of the
/// change, not of the state.
class tracked_state {
public:
    /// How many things name an overlay.
    struct overlay_references {
        std::uint64_t ports = 0;
        std::uint64_t members = 0;
        std::uint64_t forwarding = 0;
        std::uint64_t neighbours = 0;
        std::uint64_t associations = 0;
        bool any() const { return (ports | members | forwarding | neighbours | associations) != 0; }
    };
    /// What a change replaced, oldest first; nothing where the key was new.
    struct undo_log {
        std::optional<std::uint16_t> udp_port;
        std::vector<std::pair<std::string, std::optional<access_port>>> ports;
        std::vector<std::pair<vni, std::optional<overlay>>> overlays;
        std::vector<std::pair<ip_address, std::optional<vtep>>> vteps;
        std::vector<std::pair<member, bool>> members;
        std::vector<std::pair<forwarding_key, std::optional<forwarding_target>>> forwarding;
        std::vector<std::pair<neighbour_key, std::optional<mac_address>>> neighbours;
        std::vector<std::pair<association_key, std::optional<association>>> associations;
    };

    const state& get() const { return _state; }
    overlay_references references(vni id) const;

    /// Room for that many entries, so that a big snapshot does not grow step by step.
    void reserve(std::size_t forwarding, std::size_t neighbours);
    /// Adds a piece of a snapshot; each value is checked by itself. References may dangle until
    /// check_closed(). After a failure the state is of no use.
    result<void> add(const delta::upsert_lists& piece);
    /// True if all references are closed.
    result<void> check_closed() const;

    /// Checks and applies a change to a closed state; same verdict as validate(). On failure nothing has
    /// changed.
    result<undo_log> apply(const delta& change);
    /// Takes the last applied change back.
    void undo(undo_log log);

private:
    /// A port as the home of entries of one overlay.
    struct port_reference {
        std::string port;
        vni overlay;
        friend bool operator==(const port_reference&, const port_reference&) = default;
    };
    struct port_reference_hash {
        std::size_t operator()(const port_reference& reference) const noexcept {
            return std::hash<std::string>{}(reference.port) * 31 + reference.overlay.value();
        }
    };

    void count(const std::string& name, const access_port& port, bool add);
    void count(const forwarding_key& key, const forwarding_target& target, bool add);
    void count(const neighbour_key& key, const mac_address& mac, bool add);
    void count(const association_key& key, const association& parameters, bool add);
    void count(const member& one, bool add);
    void count(vni, const overlay&, bool) {}
    void count(const ip_address&, const vtep&, bool) {}

    template <typename Map, typename Key, typename Value, typename Log>
    void set(Map& map, const Key& key, const Value& value, Log* log);
    template <typename Map, typename Key, typename Log>
    bool erase(Map& map, const Key& key, Log* log);
    template <typename Map, typename Log>
    void restore(Map& map, Log& log);
    void upsert(const delta::upsert_lists& lists, undo_log* log);
    result<void> remove(const delta::removal_lists& lists, undo_log& log);

    result<void> check_upserts(const delta::upsert_lists& lists) const;
    result<void> check_removals(const delta& change, const undo_log& log) const;
    result<void> check_associations(const delta& change) const;
    result<void> check_target(const forwarding_key& key, const forwarding_target& target) const;
    result<void> check_unreferenced(vni id) const;
    result<void> check_unreferenced(const ip_address& vtep_address) const;
    result<void> check_unreferenced(const member& one) const;
    result<void> check_unreferenced(const std::string& port, vni overlay) const;

    state _state;
    std::unordered_map<vni, overlay_references> _overlay_references;
    /// Members that name a VTEP.
    std::unordered_map<ip_address, std::uint64_t> _vtep_references;
    /// Forwarding entries that lead to a member, or to a port.
    std::unordered_map<member, std::uint64_t, member_hash> _member_references;
    std::unordered_map<port_reference, std::uint64_t, port_reference_hash> _port_references;
    /// Associations that name a VTEP, or are for a member.
    std::unordered_map<ip_address, std::uint64_t> _vtep_associations;
    std::unordered_map<member, std::uint64_t, member_hash> _member_associations;
    /// Active outbound associations; more than one is a fault.
    std::unordered_map<sender_slot, std::uint64_t, sender_slot_hash> _senders;
};

}  // namespace waggle::api
