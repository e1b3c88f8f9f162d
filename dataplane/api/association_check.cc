#include <bit>

#include "dataplane/api/describe.hh"
#include "dataplane/api/validate.hh"

namespace waggle::api {

namespace {

/// RFC 4303 section 2.1: 0 is for local use, 1 to 255 are reserved.
constexpr std::uint32_t smallest_spi = 256;
constexpr std::uint32_t smallest_window = 64;
constexpr std::uint32_t largest_window = 65536;

/// What stock Docker hosts do, and nothing else: they would not understand it.
result<void> check_docker(const association& parameters) {
    if (parameters.overlay || parameters.lane)
        return error{"an overlay or a lane, but docker associations serve all overlays and workers"};
    if (parameters.cipher != cipher::aes128gcm || parameters.icv_length != 8 || parameters.extended_sequence)
        return error{
            "docker associations are AES-128-GCM with an ICV of 8 bytes and 32-bit sequence numbers"};
    return {};
}

result<void> check_waggle(const association& parameters) {
    if (!parameters.overlay || !parameters.lane)
        return error{"no overlay or no lane, but waggle associations serve one each"};
    if (*parameters.lane > largest_lane)
        return error{"lane " + std::to_string(*parameters.lane) + " is above " +
                     std::to_string(largest_lane)};
    if (parameters.icv_length != 16 || !parameters.extended_sequence)
        return error{"waggle associations have an ICV of 16 bytes and 64-bit sequence numbers"};
    if (parameters.replay != replay_policy::strict)
        return error{"waggle associations have the strict replay policy (RFC 4303 section 3.3.3)"};
    return {};
}

result<void> check_parameters(const association_key& key, const association& parameters) {
    if (key.vtep.is_unspecified() || key.vtep.is_multicast())
        return error{key.vtep.to_string() + " can't be a VTEP's address"};
    if (key.spi < smallest_spi) return error{"SPIs below 256 are reserved (RFC 4303 section 2.1)"};
    if (parameters.profile == encryption::none) return error{"a profile of no encryption"};
    auto checked =
        parameters.profile == encryption::docker ? check_docker(parameters) : check_waggle(parameters);
    if (!checked) return checked;
    const std::size_t wanted = keying_material_length(parameters.cipher);
    if (parameters.keying_material.size() != wanted)
        return error{"keying material of " + std::to_string(parameters.keying_material.size()) +
                     " bytes, but its cipher takes " + std::to_string(wanted)};
    if (!std::has_single_bit(parameters.replay_window) || parameters.replay_window < smallest_window ||
        parameters.replay_window > largest_window)
        return error{"replay window " + std::to_string(parameters.replay_window) +
                     " is no power of two from 64 to 65536"};
    return {};
}

}  // namespace

result<void> check_association(const association_key& key, const association& parameters) {
    auto checked = check_parameters(key, parameters);
    if (checked) [[likely]]
        return checked;
    return std::move(checked).context(describe(key));
}

}  // namespace waggle::api
