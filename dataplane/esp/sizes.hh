#pragma once

#include <cstddef>

#include "dataplane/packet/esp.hh"

namespace waggle::esp {

/// Bytes from the ESP header to the end of the ICV around `payload` bytes (in transport mode: UDP header and
/// all that follows).
constexpr std::size_t sealed_length(std::size_t payload, std::size_t icv_length) {
    const std::size_t text = payload + sizeof(esp_trailer) + esp_alignment - 1;
    return sizeof(esp_header) + text / esp_alignment * esp_alignment + icv_length;
}

/// The longest payload whose sealed form fits `available` bytes (the link's MTU less the outer IP header and,
/// in UDP, 8); 0 if not even an empty one does.
constexpr std::size_t largest_payload(std::size_t available, std::size_t icv_length) {
    const std::size_t fixed = sizeof(esp_header) + icv_length;
    if (available < fixed + esp_alignment) return 0;
    return (available - fixed) / esp_alignment * esp_alignment - sizeof(esp_trailer);
}

/// What stock Docker takes off an encrypted overlay's MTU, whatever the padding: header, IV, trailer, ICV
/// of 8.
inline constexpr std::size_t docker_overhead = sizeof(esp_header) + sizeof(esp_trailer) + 8;
static_assert(docker_overhead == 26);

/// What sealing with an ICV of `icv_length` takes at most off a payload that must fit `available` bytes.
constexpr std::size_t overhead(std::size_t available, std::size_t icv_length) {
    return available - largest_payload(available, icv_length);
}

}  // namespace waggle::esp
