#include "control/encryption/announcement.hh"

#include <algorithm>
#include <sodium/crypto_verify_32.h>

#include "control/encryption/byte_writer.hh"
#include "control/encryption/hkdf.hh"

namespace waggle::control {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t authenticator_length = 32;

bool is_name(std::string_view name) {
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && is_word(name[0]) &&
           std::ranges::all_of(name, [&](char c) { return is_word(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

std::vector<std::uint8_t> seal_announcement(const announcement& what, const overlay_secret& with) {
    byte_writer out;
    out.number(version);
    out.number(what.supported);
    out.number(static_cast<std::uint8_t>(what.preferred));
    out.number(static_cast<std::uint8_t>(what.node.size()));
    out.number(what.overlay.value());
    out.number(what.started);
    out.bytes(what.boot);
    out.number(what.workers);
    out.number(std::uint16_t{0});
    out.number(what.current.epoch);
    out.bytes(what.current.key);
    out.bytes(what.next.key);
    out.text(what.node);
    const secret tag = hmac_sha256(with.authentication.reveal(), out.written());
    out.bytes(tag.reveal());
    return std::move(out).take();
}

result<announcement> open_announcement(std::span<const std::uint8_t> bytes, vni overlay,
                                       const overlay_secret& with) {
    if (bytes.size() <= announcement_overhead || bytes.size() > longest_announcement)
        return error{"is no announcement: it has " + std::to_string(bytes.size()) + " bytes"};
    if (bytes[0] != version)
        return error{"has format " + std::to_string(bytes[0]) + ", known is " + std::to_string(version) +
                     "; hosts of one overlay need versions of Waggle that understand each other"};
    const auto signed_part = bytes.first(bytes.size() - authenticator_length);
    const secret tag = hmac_sha256(with.authentication.reveal(), signed_part);
    if (crypto_verify_32(tag.reveal().data(), bytes.last(authenticator_length).data()) != 0)
        return error{"is not authentic: its host has another secret for this overlay"};

    byte_reader in(signed_part);
    in.number<std::uint8_t>();
    announcement what;
    what.supported = in.number<std::uint8_t>() & exchangeable_ciphers;
    const auto preferred = in.number<std::uint8_t>();
    const std::size_t name_length = in.number<std::uint8_t>();
    const auto id = vni::from(in.number<std::uint32_t>());
    what.started = in.number<std::uint64_t>();
    what.boot = in.array<16>();
    what.workers = in.number<std::uint16_t>();
    const auto reserved = in.number<std::uint16_t>();
    what.current.epoch = in.number<std::uint32_t>();
    what.current.key = in.array<32>();
    what.next.key = in.array<32>();
    if (!id || *id != overlay) return error{"is for another overlay"};
    const bool good = in.left() == name_length && what.workers >= 1 && what.workers <= most_workers &&
                      reserved == 0 && what.current.epoch >= 1 && what.current.epoch < 0xffff'ffff &&
                      preferred < 8 && ((1U << preferred) & what.supported) != 0;
    const auto name = in.bytes(in.left());
    what.node.assign(name.begin(), name.end());
    if (!good || !is_name(what.node)) return error{"has fields out of their ranges"};
    what.overlay = *id;
    what.preferred = static_cast<api::cipher>(preferred);
    what.next.epoch = what.current.epoch + 1;
    return what;
}

}  // namespace waggle::control
