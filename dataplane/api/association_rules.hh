#pragma once

#include <cstdint>
#include <optional>

#include "common/result.hh"
#include "dataplane/api/state.hh"

/// What security associations ask of the rest of a state.
namespace waggle::api {

/// What one outbound association sends for: nobody else may at the same time.
struct sender_slot {
    ip_address vtep;
    /// Nothing for docker, which serves all overlays.
    std::optional<vni> overlay;
    std::uint16_t lane = 0;
    friend bool operator==(const sender_slot&, const sender_slot&) = default;
};

struct sender_slot_hash {
    std::size_t operator()(const sender_slot& slot) const noexcept {
        return std::hash<ip_address>{}(slot.vtep) * 31 +
               (slot.overlay ? std::size_t{slot.overlay->value()} + 1 : 0) * 131 + slot.lane;
    }
};

/// Nothing for one that does not send.
std::optional<sender_slot> sender_slot_of(const association_key& key, const association& parameters);

/// That its VTEP exists, and (waggle) its overlay, an encrypted one, with the VTEP as a member.
result<void> check_association_references(const state& whole, const association_key& key,
                                          const association& parameters);

error second_sender(const association_key& key);
error too_many_associations();

}  // namespace waggle::api
