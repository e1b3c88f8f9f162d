#include "control/cli/association_items.hh"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "control/cli/quantity.hh"

namespace waggle::cli {

namespace {

using nlohmann::json;

const char* name_of(api::cipher cipher) {
    if (cipher == api::cipher::aes128gcm) return "aes128gcm";
    return cipher == api::cipher::aes256gcm ? "aes256gcm" : "chacha20poly1305";
}

const char* name_of(api::association_phase phase) {
    if (phase == api::association_phase::receive_only) return "receive-only";
    return phase == api::association_phase::active ? "active" : "draining";
}

std::string hexadecimal(std::uint32_t spi) {
    std::string text = "0x";
    for (unsigned shift = 32; shift > 0; shift -= 4) text += "0123456789abcdef"[spi >> (shift - 4) & 15U];
    return text;
}

std::string overlay_of(const api::association& association, const overlay_names& names) {
    if (!association.overlay) return "all";
    const auto found = names.find(*association.overlay);
    return found == names.end() ? association.overlay->to_string() : found->second;
}

json item_of(const api::association_report& report, const overlay_names& overlays, const peer_names& peers) {
    const api::association& association = report.parameters;
    const std::string vtep = report.key.vtep.to_string();
    const auto peer = peers.find(vtep);
    std::uint64_t failures = 0;
    json errors = json::object();
    for (const api::association_error& each : report.errors) {
        failures += each.count;
        errors[each.name] = each.count;
    }
    return {{"peer", peer == peers.end() ? vtep : peer->second},
            {"vtep", vtep},
            {"overlay", overlay_of(association, overlays)},
            {"profile", association.profile == api::encryption::docker ? "docker" : "waggle"},
            {"algorithm", name_of(association.cipher)},
            {"spi", hexadecimal(report.key.spi)},
            {"direction", report.key.direction == api::direction::inbound ? "in" : "out"},
            {"lane", association.lane ? json(*association.lane) : json()},
            {"state", name_of(association.phase)},
            {"age_seconds", report.age_seconds},
            {"age", duration_text(report.age_seconds)},
            {"idle_seconds", report.idle_seconds ? json(*report.idle_seconds) : json()},
            {"packets", report.packets},
            {"bytes", report.bytes},
            {"sequence", report.sequence},
            {"sequence_used", std::round(report.sequence_used * 1000) / 10},
            {"failures", failures},
            {"errors", std::move(errors)},
            {"fingerprint", report.fingerprint}};
}

}  // namespace

json association_items(const std::vector<api::association_report>& associations,
                       const overlay_names& overlays, const peer_names& peers) {
    std::vector<json> items;
    items.reserve(associations.size());
    for (const api::association_report& each : associations) items.push_back(item_of(each, overlays, peers));
    std::ranges::sort(items, {}, [](const json& item) {
        return std::make_tuple(item["peer"].get<std::string>(), item["overlay"].get<std::string>(),
                               item["direction"].get<std::string>(),
                               item["lane"].is_null() ? 0 : item["lane"].get<int>(),
                               item["spi"].get<std::string>());
    });
    return items;
}

}  // namespace waggle::cli
