#include "dataplane/esp/content.hh"

#include "dataplane/packet/ipv4.hh"

namespace waggle::esp {

/// Reads a trailer of any padding (RFC 4303 sections 2.4 to 2.6).
content read_trailer(const std::uint8_t* text, std::uint32_t length) {
    const std::uint32_t padded = length - static_cast<std::uint32_t>(sizeof(esp_trailer));
    const std::uint8_t padding = text[padded];
    const std::uint8_t next_header = text[padded + 1];
    if (padding > padded) return {open_verdict::trailer_malformed, 0};
    if (next_header == ip_protocol::no_next_header) return {open_verdict::dummy, 0};
    for (std::uint32_t i = 0; i < padding; ++i)
        if (text[padded - padding + i] != i + 1) return {open_verdict::padding_invalid, 0};
    if (next_header != ip_protocol::udp) return {open_verdict::wrong_next_header, 0};
    return {open_verdict::opened, padded - padding};
}

}  // namespace waggle::esp
