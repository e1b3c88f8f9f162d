#include "control/encryption/exchange_associations.hh"

#include <utility>

namespace waggle::control {
namespace {

constexpr std::uint8_t icv_length = 16;

api::association association_of(const derived_association& derived, api::cipher cipher, std::size_t lane,
                                const exchange_peer& with) {
    api::association made;
    made.profile = api::encryption::waggle;
    made.overlay = with.overlay;
    made.lane = static_cast<std::uint16_t>(lane);
    made.cipher = cipher;
    made.icv_length = icv_length;
    made.keying_material = derived.keying_material;
    made.extended_sequence = true;
    return made;
}

}  // namespace

association_list associations_of(std::span<const agreed_keys> agreed, const exchange_peer& with) {
    association_list list;
    for (const agreed_keys& keys : agreed) {
        for (std::size_t lane = 0; lane < keys.inbound.size(); ++lane) {
            api::association made = association_of(keys.inbound[lane], keys.inbound_cipher, lane, with);
            made.phase = keys.phase;
            made.replay_window = with.replay_window;
            made.replay = with.replay;
            list.emplace_back(
                api::association_key{api::direction::inbound, with.vtep, keys.inbound[lane].spi},
                std::move(made));
        }
        if (!keys.sending) continue;
        for (std::size_t lane = 0; lane < keys.outbound.size(); ++lane) {
            api::association made = association_of(keys.outbound[lane], keys.outbound_cipher, lane, with);
            made.encapsulation_port = with.encapsulation_port;
            made.keepalive_seconds = with.keepalive_seconds;
            list.emplace_back(
                api::association_key{api::direction::outbound, with.vtep, keys.outbound[lane].spi},
                std::move(made));
        }
    }
    return list;
}

}  // namespace waggle::control
