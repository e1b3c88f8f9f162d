#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/esp/aead.hh"
#include "dataplane/esp/security_association.hh"
#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/esp.hh"
#include "dataplane/packet/ipv4.hh"

namespace waggle::esp {

/// Padding 1, 2, 3, its length, next header UDP; the rest is overwritten by the ICV.
inline constexpr std::uint8_t trailers[esp_alignment][8] = {
    {0, ip_protocol::udp},
    {1, 1, ip_protocol::udp},
    {1, 2, 2, ip_protocol::udp},
    {1, 2, 3, 3, ip_protocol::udp},
};

/// Writes header and trailer around the `payload` bytes behind the ESP header and says what the engine is to
/// do.
inline void prepare(const outbound_association& association, std::uint8_t* esp, std::uint32_t payload,
                    std::uint64_t sequence, aead_packet& packet) {
    const std::uint32_t sequence_raw = be32(static_cast<std::uint32_t>(sequence)).raw();
    const std::uint64_t iv_raw = be64(association.iv_start + sequence).raw();
    // Stores as wide as the cipher's loads: a narrower one would stall them.
    const std::uint64_t spi_and_sequence = std::uint64_t{sequence_raw} << 32 | association.spi_raw;
    std::memcpy(esp, &spi_and_sequence, sizeof spi_and_sequence);
    std::memcpy(esp + offsetof(esp_header, iv), &iv_raw, sizeof iv_raw);
    std::uint8_t* text = esp + sizeof(esp_header);
    const std::uint32_t padding = (0U - payload - sizeof(esp_trailer)) % esp_alignment;
    std::memcpy(text + payload, trailers[padding], sizeof trailers[padding]);

    packet.text = text;
    packet.length = payload + padding + static_cast<std::uint32_t>(sizeof(esp_trailer));
    packet.icv = text + packet.length;
    const std::uint64_t nonce[2] = {iv_raw << 32 | association.salt_raw, iv_raw >> 32};
    std::memcpy(packet.nonce, nonce, sizeof nonce);
    if (!association.extended_sequence) {
        packet.additional = esp;
        packet.additional_length = 8;
        return;
    }
    const std::uint32_t high_raw = be32(static_cast<std::uint32_t>(sequence >> 32)).raw();
    const std::uint64_t additional[2] = {std::uint64_t{high_raw} << 32 | association.spi_raw, sequence_raw};
    std::memcpy(packet.extended_additional, additional, sizeof additional);
    packet.additional = packet.extended_additional;
    packet.additional_length = 12;
}

}  // namespace waggle::esp
