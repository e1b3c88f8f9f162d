#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/esp/aead.hh"
#include "dataplane/esp/security_association.hh"
#include "dataplane/packet/esp.hh"
#include "dataplane/packet/words.hh"

namespace waggle::esp {

/// Of an answer other than `fresh`.
inline open_verdict verdict_of(replay_answer answer) {
    return answer == replay_answer::replayed ? open_verdict::replayed : open_verdict::too_old;
}

/// The low half of the sequence number; `spi_and_low`: the first 8 bytes of ESP as they lie in the packet.
inline std::uint32_t low_sequence(std::uint64_t spi_and_low) {
    return be32::from_raw(static_cast<std::uint32_t>(spi_and_low >> 32)).host();
}

/// The IV as a number.
inline std::uint64_t iv_of(const std::uint8_t* esp) {
    return be64::from_raw(load_word<std::uint64_t>(esp + offsetof(esp_header, iv))).host();
}

/// Says what the engine is to do with the packet, but for the high half of an extended sequence number.
/// Arguments as in open_burst; long enough for header and ICV.
inline void prepare(const inbound_association& association, std::uint8_t* esp, std::uint32_t length,
                    aead_packet& packet) {
    const auto iv_raw = load_word<std::uint64_t>(esp + offsetof(esp_header, iv));
    packet.text = esp + sizeof(esp_header);
    packet.length = length - static_cast<std::uint32_t>(sizeof(esp_header)) - association.icv_length;
    packet.icv = packet.text + packet.length;
    const std::uint64_t nonce[2] = {iv_raw << 32 | association.salt_raw, iv_raw >> 32};
    std::memcpy(packet.nonce, nonce, sizeof nonce);
    packet.additional = esp;
    packet.additional_length = 8;
}

/// `sequence` in full.
inline void add_high_half(aead_packet& packet, std::uint64_t sequence) {
    // The packet's own SPI: another than the SA's is no packet of it and fails.
    const auto spi_and_low = load_word<std::uint64_t>(packet.additional);
    const std::uint64_t high_raw = be32(static_cast<std::uint32_t>(sequence >> 32)).raw();
    const std::uint64_t additional[2] = {high_raw << 32 | (spi_and_low & 0xffff'ffffU), spi_and_low >> 32};
    std::memcpy(packet.extended_additional, additional, sizeof additional);
    packet.additional = packet.extended_additional;
    packet.additional_length = 12;
}

}  // namespace waggle::esp
