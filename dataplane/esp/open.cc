#include "dataplane/esp/open.hh"

#include <cstring>
#include <numeric>

#include "dataplane/esp/association_groups.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/words.hh"

namespace waggle::esp {
namespace {

open_verdict verdict_of(replay_answer answer) {
    return answer == replay_answer::replayed ? open_verdict::replayed : open_verdict::too_old;
}

void refuse(open_burst& burst, unsigned index, open_verdict why) {
    burst.verdict[index] = why;
    if (inbound_association* association = burst.association[index]) {
        std::atomic<std::uint64_t>& count = association->cold.refused[static_cast<std::size_t>(why)];
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
}

/// What can be said without the SA's state; `opened`: nothing against it.
open_verdict check_outside(const open_burst& burst, unsigned index) {
    const inbound_association* association = burst.association[index];
    if (association == nullptr) return open_verdict::no_association;
    const std::uint32_t fixed = static_cast<std::uint32_t>(sizeof(esp_header)) + association->icv_length;
    const std::uint32_t length = burst.length[index];
    if (length < fixed + esp_alignment) return open_verdict::truncated;
    if (peek_spi(burst.esp[index], length).verdict != open_verdict::opened) return open_verdict::reserved_spi;
    if ((length - fixed) % esp_alignment != 0) return open_verdict::misaligned;
    return open_verdict::opened;
}

/// What an authentic packet holds: its verdict and the payload's length, if there is one.
struct content {
    open_verdict verdict;
    std::uint32_t length;
};

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

/// The last 8 bytes of a text with UDP inside and no more padding than needed, and which of them count.
struct usual_trailer {
    std::uint64_t bytes;
    std::uint64_t mask;
};
constexpr usual_trailer usual_trailers[esp_alignment]{
    {0x1100'0000'0000'0000, 0xffff'0000'0000'0000},
    {0x1101'0100'0000'0000, 0xffff'ff00'0000'0000},
    {0x1102'0201'0000'0000, 0xffff'ffff'0000'0000},
    {0x1103'0302'0100'0000, 0xffff'ffff'ff00'0000},
};

/// The same at once for what peers usually send: how long the padding is varies from packet to packet, so
/// that a loop over it would be mispredicted.
content read_content(const std::uint8_t* text, std::uint32_t length) {
    // A shorter text has the IV before it.
    std::uint64_t last;
    std::memcpy(&last, text + length - sizeof last, sizeof last);
    const auto padding = static_cast<std::uint32_t>(last >> 48 & 0xff);
    const std::uint32_t rest = length - static_cast<std::uint32_t>(sizeof(esp_trailer));
    if (padding >= esp_alignment || padding > rest) return read_trailer(text, length);
    const usual_trailer& usual = usual_trailers[padding];
    if ((last & usual.mask) != usual.bytes) return read_trailer(text, length);
    return {open_verdict::opened, rest - padding};
}

constexpr std::uint64_t first_bits(unsigned count) {
    return ~std::uint64_t{0} >> (64 - count);
}

/// The packets of one SA on their way through open_group().
struct group_work {
    unsigned count = 0;
    /// Place in the burst.
    std::array<std::uint8_t, burst_size> at;
    std::array<std::uint64_t, burst_size> ivs;
    /// The low half, and once the window was asked in full.
    std::array<std::uint64_t, burst_size> sequences;
    std::array<aead_packet, burst_size> packets;
};

/// Says what the engine is to do with the packet, but for the high half of an extended sequence number.
void prepare(const inbound_association& association, std::uint8_t* esp, std::uint32_t length,
             group_work& work, unsigned i) {
    const auto spi_and_low = load_word<std::uint64_t>(esp);
    const auto iv_raw = load_word<std::uint64_t>(esp + offsetof(esp_header, iv));
    work.sequences[i] = be32::from_raw(static_cast<std::uint32_t>(spi_and_low >> 32)).host();
    work.ivs[i] = be64::from_raw(iv_raw).host();
    aead_packet& packet = work.packets[i];
    packet.text = esp + sizeof(esp_header);
    packet.length = length - static_cast<std::uint32_t>(sizeof(esp_header)) - association.icv_length;
    packet.icv = packet.text + packet.length;
    const std::uint64_t nonce[2] = {iv_raw << 32 | association.salt_raw, iv_raw >> 32};
    std::memcpy(packet.nonce, nonce, sizeof nonce);
    packet.additional = esp;
    packet.additional_length = 8;
}

void add_high_half(aead_packet& packet, std::uint64_t sequence) {
    // The packet's own SPI: another than the SA's is no packet of it and fails.
    const auto spi_and_low = load_word<std::uint64_t>(packet.additional);
    const std::uint64_t high_raw = be32(static_cast<std::uint32_t>(sequence >> 32)).raw();
    const std::uint64_t additional[2] = {high_raw << 32 | (spi_and_low & 0xffff'ffffU), spi_and_low >> 32};
    std::memcpy(packet.extended_additional, additional, sizeof additional);
    packet.additional = packet.extended_additional;
    packet.additional_length = 12;
}

/// True if the numbers rise one by one.
bool is_run(const group_work& work) {
    std::uint64_t gaps = 0;
    for (unsigned i = 0; i < work.count; ++i) gaps |= (work.sequences[i] - work.sequences[0]) ^ i;
    return gaps == 0;
}

/// Keeps those that the replay window lets pass and completes their numbers. True if they are a run of fresh
/// ones.
bool check_replay(open_burst& burst, const inbound_association& association, std::uint64_t now,
                  group_work& work) {
    const replay_state& replay = association.moving.replay;
    std::uint64_t first;
    if (is_run(work) && replay.check_run(static_cast<std::uint32_t>(work.sequences[0]), work.ivs.data(),
                                         work.count, first)) [[likely]] {
        std::iota(work.sequences.begin(), work.sequences.begin() + work.count, first);
        return true;
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < work.count; ++i) {
        const replay_check checked =
            replay.check(static_cast<std::uint32_t>(work.sequences[i]), work.ivs[i], now);
        if (checked.answer != replay_answer::fresh) {
            refuse(burst, work.at[i], verdict_of(checked.answer));
            continue;
        }
        work.at[kept] = work.at[i];
        work.ivs[kept] = work.ivs[i];
        work.sequences[kept] = checked.sequence;
        work.packets[kept] = work.packets[i];
        ++kept;
    }
    work.count = kept;
    return false;
}

/// Marks the authentic packets in the replay window; those that may pass.
std::uint64_t accept(open_burst& burst, inbound_association& association, const group_work& work, bool is_run,
                     std::uint64_t authentic, std::uint64_t now) {
    replay_state& replay = association.moving.replay;
    if (is_run && authentic == first_bits(work.count)) [[likely]] {
        replay.accept_run(work.sequences[0], work.count, now);
        return authentic;
    }
    std::uint64_t fresh = 0;
    for (unsigned i = 0; i < work.count; ++i) {
        if ((authentic >> i & 1) == 0) {
            refuse(burst, work.at[i], open_verdict::authentication_failed);
            continue;
        }
        const replay_answer answer = replay.accept(work.sequences[i], work.ivs[i], now);
        if (answer == replay_answer::fresh)
            fresh |= std::uint64_t{1} << i;
        else
            refuse(burst, work.at[i], verdict_of(answer));
    }
    return fresh;
}

/// Reads what the packets of `fresh` hold; those that are opened, by place in the burst.
std::uint64_t read_contents(open_burst& burst, inbound_association& association, const group_work& work,
                            std::uint64_t fresh, std::uint64_t now) {
    auto& moving = association.moving;
    std::uint64_t opened = 0;
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < work.count; ++i) {
        if ((fresh >> i & 1) == 0) [[unlikely]]
            continue;
        const unsigned at = work.at[i];
        const content inside = read_content(work.packets[i].text, work.packets[i].length);
        if (inside.verdict != open_verdict::opened) [[unlikely]] {
            refuse(burst, at, inside.verdict);
            continue;
        }
        burst.verdict[at] = open_verdict::opened;
        burst.length[at] = inside.length;
        opened |= std::uint64_t{1} << at;
        bytes += inside.length;
    }
    const auto count = static_cast<unsigned>(__builtin_popcountll(opened));
    moving.packets.store(moving.packets.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    moving.bytes.store(moving.bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    if (opened != 0) moving.last_used.store(now, std::memory_order_relaxed);
    return opened;
}

std::uint64_t open_group(open_burst& burst, inbound_association& association,
                         const std::array<std::uint8_t, burst_size>& members, unsigned size,
                         std::uint64_t now) {
    group_work work;
    work.count = size;
    work.at = members;
    for (unsigned i = 0; i < size; ++i)
        prepare(association, burst.esp[members[i]], burst.length[members[i]], work, i);
    const bool run = check_replay(burst, association, now, work);
    if (work.count == 0) return 0;
    if (association.extended_sequence)
        for (unsigned i = 0; i < work.count; ++i) add_high_half(work.packets[i], work.sequences[i]);
    std::uint64_t authentic = 0;
    for (unsigned i = 0; i < work.count; ++i)
        authentic |= std::uint64_t{association.engine->open(association.expanded_key, work.packets[i],
                                                            association.icv_length)}
                     << i;
    return read_contents(burst, association, work, accept(burst, association, work, run, authentic, now),
                         now);
}

}  // namespace

std::uint64_t open(open_burst& burst, std::uint64_t now) {
    association_groups<inbound_association> groups;
    for (unsigned i = 0; i < burst.count; ++i) {
        const open_verdict outside = check_outside(burst, i);
        if (outside == open_verdict::opened) [[likely]]
            groups.add(i, burst.association[i]);
        else
            refuse(burst, i, outside);
    }
    std::uint64_t opened = 0;
    groups.for_each(burst.association, [&](auto& association, const auto& members, unsigned size) {
        opened |= open_group(burst, association, members, size, now);
    });
    return opened;
}

}  // namespace waggle::esp
