#include "dataplane/esp/seal.hh"

#include <algorithm>
#include <cstring>

#include "dataplane/esp/association_groups.hh"
#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/ipv4.hh"

namespace waggle::esp {
namespace {

/// Padding 1, 2, 3, its length, next header UDP; the rest is overwritten by the ICV.
constexpr std::uint8_t trailers[esp_alignment][8] = {
    {0, ip_protocol::udp},
    {1, 1, ip_protocol::udp},
    {1, 2, 2, ip_protocol::udp},
    {1, 2, 3, 3, ip_protocol::udp},
};

/// A run of sequence numbers that nobody else gets.
struct sequence_range {
    std::uint64_t first;
    unsigned count;
};

/// Takes up to `wanted` numbers, fewer at the end of the SA's life. A compare-and-swap where fetch_add would
/// do but for the end: with 64-bit numbers, adding beyond it would wrap.
sequence_range take_sequence(outbound_association& association, unsigned wanted) {
    std::atomic<std::uint64_t>& last = association.moving.sequence;
    std::uint64_t given = last.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t count = std::min<std::uint64_t>(wanted, association.last_allowed - given);
        if (count == 0 || last.compare_exchange_weak(given, given + count, std::memory_order_relaxed))
            return {given + 1, static_cast<unsigned>(count)};
    }
}

void refuse(seal_burst& burst, unsigned index, seal_verdict why) {
    burst.verdict[index] = why;
    if (outbound_association* association = burst.association[index])
        association->cold.refused[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
}

/// Writes header and trailer around the payload and says what the engine is to do.
void prepare(const outbound_association& association, std::uint8_t* esp, std::uint32_t payload,
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

/// Those that were sealed, by place in the burst.
std::uint64_t seal_group(seal_burst& burst, outbound_association& association,
                         const std::array<std::uint8_t, burst_size>& members, unsigned size,
                         std::uint64_t now) {
    const sequence_range range = take_sequence(association, size);
    for (unsigned i = range.count; i < size; ++i) refuse(burst, members[i], seal_verdict::sequence_exhausted);
    if (range.count == 0) return 0;

    aead_packet packets[burst_size];
    std::uint64_t sealed = 0;
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < range.count; ++i) {
        const unsigned at = members[i];
        bytes += burst.length[at];
        prepare(association, burst.esp[at], burst.length[at], range.first + i, packets[i]);
        burst.length[at] =
            static_cast<std::uint32_t>(sizeof(esp_header)) + packets[i].length + association.icv_length;
        burst.verdict[at] = seal_verdict::sealed;
        sealed |= std::uint64_t{1} << at;
    }
    association.engine->seal(association.expanded_key, packets, range.count, association.icv_length);
    association.moving.bytes.fetch_add(bytes, std::memory_order_relaxed);
    association.moving.last_used.store(now, std::memory_order_relaxed);
    return sealed;
}

}  // namespace

std::uint64_t seal(seal_burst& burst, std::uint64_t now) {
    association_groups<outbound_association> groups;
    for (unsigned i = 0; i < burst.count; ++i) {
        outbound_association* association = burst.association[i];
        if (association == nullptr) [[unlikely]]
            refuse(burst, i, seal_verdict::no_association);
        else if (sealed_length(burst.length[i], association->icv_length) > burst.room[i]) [[unlikely]]
            refuse(burst, i, seal_verdict::no_room);
        else
            groups.add(i, association);
    }
    std::uint64_t sealed = 0;
    groups.for_each(burst.association, [&](auto& association, const auto& members, unsigned size) {
        sealed |= seal_group(burst, association, members, size, now);
    });
    return sealed;
}

}  // namespace waggle::esp
