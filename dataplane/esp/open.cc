#include "dataplane/esp/open.hh"

#include <cstring>
#include <mutex>

#include "dataplane/esp/association_groups.hh"
#include "dataplane/packet/ipv4.hh"

namespace waggle::esp {
namespace {

open_verdict verdict_of(replay_answer answer) {
    return answer == replay_answer::replayed ? open_verdict::replayed : open_verdict::too_old;
}

void refuse(open_burst& burst, unsigned index, open_verdict why) {
    burst.verdict[index] = why;
    if (inbound_association* association = burst.association[index])
        association->cold.refused[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
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

/// Reads the trailer of an authentic packet (RFC 4303 sections 2.4 to 2.6). `length` becomes the payload's.
open_verdict check_inside(const std::uint8_t* text, std::uint32_t& length) {
    const std::uint32_t padded = length - static_cast<std::uint32_t>(sizeof(esp_trailer));
    const std::uint8_t padding = text[padded];
    const std::uint8_t next_header = text[padded + 1];
    if (padding > padded) return open_verdict::trailer_malformed;
    if (next_header == ip_protocol::no_next_header) return open_verdict::dummy;
    for (std::uint32_t i = 0; i < padding; ++i)
        if (text[padded - padding + i] != i + 1) return open_verdict::padding_invalid;
    if (next_header != ip_protocol::udp) return open_verdict::wrong_next_header;
    length = padded - padding;
    return open_verdict::opened;
}

/// A packet on its way through its group.
struct candidate {
    unsigned at;
    std::uint64_t sequence;
    std::uint64_t iv;
};

void prepare(const inbound_association& association, std::uint8_t* esp, std::uint32_t length,
             const candidate& from, aead_packet& packet) {
    packet.text = esp + sizeof(esp_header);
    packet.length = length - static_cast<std::uint32_t>(sizeof(esp_header)) - association.icv_length;
    packet.icv = packet.text + packet.length;
    const std::uint64_t iv_raw = be64(from.iv).raw();
    const std::uint64_t nonce[2] = {iv_raw << 32 | association.salt_raw, iv_raw >> 32};
    std::memcpy(packet.nonce, nonce, sizeof nonce);
    packet.additional = esp;
    packet.additional_length = 8;
    if (!association.extended_sequence) return;
    // The packet's own SPI: another than the SA's is no packet of it and fails.
    std::memcpy(packet.extended_additional, esp, sizeof(be32));
    const be32 halves[2] = {be32(static_cast<std::uint32_t>(from.sequence >> 32)),
                            be32(static_cast<std::uint32_t>(from.sequence))};
    std::memcpy(packet.extended_additional + sizeof(be32), halves, sizeof halves);
    packet.additional = packet.extended_additional;
    packet.additional_length = 12;
}

/// Fills `candidates` with those of `members` that the replay window lets pass; returns how many.
unsigned check_replay(open_burst& burst, inbound_association& association,
                      const std::array<std::uint8_t, burst_size>& members, unsigned size, std::uint64_t now,
                      candidate* candidates) {
    for (unsigned i = 0; i < size; ++i) {
        const auto* header = reinterpret_cast<const esp_header*>(burst.esp[members[i]]);
        candidates[i] = {members[i], header->sequence.host(), header->iv.host()};
    }
    unsigned fresh = 0;
    const std::scoped_lock guard(association.moving.replay);
    for (unsigned i = 0; i < size; ++i) {
        candidate each = candidates[i];
        const replay_check checked =
            association.moving.replay.check(static_cast<std::uint32_t>(each.sequence), each.iv, now);
        each.sequence = checked.sequence;
        if (checked.answer == replay_answer::fresh)
            candidates[fresh++] = each;
        else
            refuse(burst, each.at, verdict_of(checked.answer));
    }
    return fresh;
}

void open_group(open_burst& burst, inbound_association& association,
                const std::array<std::uint8_t, burst_size>& members, unsigned size, std::uint64_t now) {
    candidate candidates[burst_size];
    unsigned count = check_replay(burst, association, members, size, now, candidates);
    if (count == 0) return;

    aead_packet packets[burst_size];
    for (unsigned i = 0; i < count; ++i)
        prepare(association, burst.esp[candidates[i].at], burst.length[candidates[i].at], candidates[i],
                packets[i]);
    const std::uint64_t authentic =
        association.engine->open(association.expanded_key, packets, count, association.icv_length);

    unsigned authentic_count = 0;
    for (unsigned i = 0; i < count; ++i) {
        const unsigned at = candidates[i].at;
        if ((authentic >> i & 1) == 0) {
            refuse(burst, at, open_verdict::authentication_failed);
            continue;
        }
        burst.length[at] = packets[i].length;
        burst.verdict[at] = check_inside(packets[i].text, burst.length[at]);
        candidates[authentic_count++] = candidates[i];
    }
    if (authentic_count == 0) return;

    std::uint64_t opened = 0;
    std::uint64_t bytes = 0;
    const std::scoped_lock guard(association.moving.replay);
    for (unsigned i = 0; i < authentic_count; ++i) {
        const candidate& each = candidates[i];
        const replay_answer answer = association.moving.replay.accept(each.sequence, each.iv, now);
        if (answer != replay_answer::fresh) {
            refuse(burst, each.at, verdict_of(answer));
        } else if (burst.verdict[each.at] != open_verdict::opened) {
            refuse(burst, each.at, burst.verdict[each.at]);
        } else {
            ++opened;
            bytes += burst.length[each.at];
        }
    }
    auto& moving = association.moving;
    moving.packets.store(moving.packets.load(std::memory_order_relaxed) + opened, std::memory_order_relaxed);
    moving.bytes.store(moving.bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    if (opened != 0) moving.last_used.store(now, std::memory_order_relaxed);
}

}  // namespace

void open(open_burst& burst, std::uint64_t now) {
    association_groups<inbound_association> groups;
    for (unsigned i = 0; i < burst.count; ++i) {
        const open_verdict outside = check_outside(burst, i);
        if (outside == open_verdict::opened)
            groups.add(i, burst.association[i]);
        else
            refuse(burst, i, outside);
    }
    std::array<std::uint8_t, burst_size> members;
    for (unsigned group = 0; group < groups.count(); ++group) {
        const unsigned size = groups.members(group, members);
        open_group(burst, *groups.association(group), members, size, now);
    }
}

}  // namespace waggle::esp
