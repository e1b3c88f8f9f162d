#include <limits>

#include "dataplane/api/codec.hh"
#include "dataplane/api/describe.hh"
#include "dataplane/api/report_codec.hh"

namespace waggle::api {

namespace {

error malformed(const std::string& what) {
    return error{"malformed message: " + what};
}

/// Proto3 lets any number through as an enumerator.
template <typename To, typename From>
std::optional<To> as_enumerator(From value, To last) {
    if (static_cast<int>(value) < 0 || static_cast<int>(value) > static_cast<int>(last)) return std::nullopt;
    return static_cast<To>(value);
}

bool fits_16_bits(std::uint32_t value) {
    return value <= std::numeric_limits<std::uint16_t>::max();
}

}  // namespace

wire::AssociationKey encode_association_key(const association_key& key) {
    wire::AssociationKey out;
    out.set_outbound(key.direction == direction::outbound);
    out.set_vtep(encode_address(key.vtep));
    out.set_spi(key.spi);
    return out;
}

result<association_key> decode_association_key(const wire::AssociationKey& from) {
    const auto vtep = decode_address(from.vtep());
    if (!vtep) return malformed("address of a security association of neither 4 nor 16 bytes");
    return association_key{from.outbound() ? direction::outbound : direction::inbound, *vtep, from.spi()};
}

void wipe_keys(wire::Entries& message) {
    for (wire::Association& one : *message.mutable_associations()) wipe(*one.mutable_keying_material());
}

wire::Association encode_association(const association_key& key, const association& parameters) {
    wire::Association out;
    *out.mutable_key() = encode_association_key(key);
    out.set_profile(static_cast<wire::Encryption>(parameters.profile));
    if (parameters.overlay) out.set_overlay(parameters.overlay->value());
    if (parameters.lane) out.set_lane(*parameters.lane);
    out.set_cipher(static_cast<wire::Association::Cipher>(parameters.cipher));
    out.set_icv_length(parameters.icv_length);
    out.set_extended_sequence(parameters.extended_sequence);
    out.set_replay_window(parameters.replay_window);
    out.set_replay(static_cast<wire::Association::Replay>(parameters.replay));
    out.set_phase(static_cast<wire::Association::Phase>(parameters.phase));
    out.set_encapsulation_port(parameters.encapsulation_port);
    out.set_keepalive_seconds(parameters.keepalive_seconds);
    out.set_instance(parameters.instance);
    return out;
}

result<std::pair<association_key, association>> decode_association(const wire::Association& from) {
    const auto key = decode_association_key(from.key());
    if (!key) return key.failure();
    const auto refuse = [&](const std::string& what) { return malformed(describe(*key) + ": " + what); };
    association out;
    const auto profile = as_enumerator(from.profile(), encryption::waggle);
    const auto cipher = as_enumerator(from.cipher(), cipher::chacha20poly1305);
    const auto replay = as_enumerator(from.replay(), replay_policy::off);
    const auto phase = as_enumerator(from.phase(), association_phase::draining);
    if (!profile || !cipher || !replay || !phase)
        return refuse("an unknown profile, cipher, replay policy or phase");
    out.profile = *profile;
    out.cipher = *cipher;
    out.replay = *replay;
    out.phase = *phase;
    if (from.has_overlay()) {
        out.overlay = vni::from(from.overlay());
        if (!out.overlay) return refuse("VNI " + std::to_string(from.overlay()) + " is above 16777215");
    }
    if (!fits_16_bits(from.lane()) || !fits_16_bits(from.encapsulation_port()) ||
        !fits_16_bits(from.keepalive_seconds()))
        return refuse("lane, encapsulation port or keepalive above 65535");
    if (from.has_lane()) out.lane = static_cast<std::uint16_t>(from.lane());
    out.encapsulation_port = static_cast<std::uint16_t>(from.encapsulation_port());
    out.keepalive_seconds = static_cast<std::uint16_t>(from.keepalive_seconds());
    if (from.icv_length() > 16) return refuse("ICV of more than 16 bytes");
    out.icv_length = static_cast<std::uint8_t>(from.icv_length());
    const std::string& material = from.keying_material();
    auto kept = secret::from({reinterpret_cast<const std::uint8_t*>(material.data()), material.size()});
    if (!kept) return refuse("keying material of " + std::to_string(material.size()) + " bytes");
    out.keying_material = *std::move(kept);
    out.extended_sequence = from.extended_sequence();
    out.replay_window = from.replay_window();
    out.instance = from.instance();
    return std::pair{*key, std::move(out)};
}

void encode(const association_report& from, wire::AssociationReport& out) {
    *out.mutable_parameters() = encode_association(from.key, from.parameters);
    out.set_fingerprint(from.fingerprint);
    out.set_age_seconds(from.age_seconds);
    if (from.idle_seconds) out.set_idle_seconds(*from.idle_seconds);
    out.set_packets(from.packets);
    out.set_bytes(from.bytes);
    out.set_sequence(from.sequence);
    out.set_sequence_used(from.sequence_used);
    for (const association_error& one : from.errors) {
        wire::AssociationError& error = *out.add_errors();
        error.set_name(one.name);
        error.set_description(one.description);
        error.set_count(one.count);
    }
}

result<association_report> decode(const wire::AssociationReport& from) {
    auto parameters = decode_association(from.parameters());
    if (!parameters) return parameters.failure();
    association_report out;
    out.key = parameters->first;
    out.parameters = std::move(parameters->second);
    out.fingerprint = from.fingerprint();
    out.age_seconds = from.age_seconds();
    if (from.has_idle_seconds()) out.idle_seconds = from.idle_seconds();
    out.packets = from.packets();
    out.bytes = from.bytes();
    out.sequence = from.sequence();
    out.sequence_used = from.sequence_used();
    for (const wire::AssociationError& one : from.errors())
        out.errors.push_back({one.name(), one.description(), one.count()});
    return out;
}

}  // namespace waggle::api
