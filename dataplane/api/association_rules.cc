#include "dataplane/api/association_rules.hh"

#include "dataplane/api/describe.hh"
#include "dataplane/api/validate.hh"

namespace waggle::api {

std::optional<sender_slot> sender_slot_of(const association_key& key, const association& parameters) {
    if (key.direction != direction::outbound || parameters.phase != association_phase::active)
        return std::nullopt;
    return sender_slot{key.vtep, parameters.overlay, parameters.lane.value_or(0)};
}

result<void> check_association_references(const state& whole, const association_key& key,
                                          const association& parameters) {
    if (!whole.vteps.contains(key.vtep)) return error{describe(key) + ": there is no such VTEP"};
    if (!parameters.overlay) return {};
    const auto overlay = whole.overlays.find(*parameters.overlay);
    if (overlay == whole.overlays.end())
        return error{describe(key) + ": there is no overlay " + parameters.overlay->to_string()};
    if (overlay->second.encryption == encryption::none)
        return error{describe(key) + ": overlay " + parameters.overlay->to_string() + " is not encrypted"};
    if (!whole.members.contains({*parameters.overlay, key.vtep}))
        return error{describe(key) + ": its VTEP is not a member of overlay " +
                     parameters.overlay->to_string()};
    return {};
}

error second_sender(const association_key& key) {
    return error{describe(key) + ": another active one sends for the same; only one may"};
}

error too_many_associations() {
    return error{"more than " + std::to_string(most_associations) + " security associations"};
}

}  // namespace waggle::api
