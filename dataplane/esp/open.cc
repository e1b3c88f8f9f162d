#include "dataplane/esp/open.hh"

#include "dataplane/esp/association_groups.hh"
#include "dataplane/esp/content.hh"
#include "dataplane/esp/open_run.hh"
#include "dataplane/esp/prepare_open.hh"
#include "dataplane/packet/words.hh"

namespace waggle::esp {
namespace {

void refuse(open_burst& burst, unsigned index, open_verdict why) {
    burst.verdict[index] = why;
    if (inbound_association* association = burst.association[index]) association->refuse(why);
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

/// The packets of one SA on their way through open_one_by_one().
struct group_work {
    unsigned count = 0;
    /// Place in the burst.
    std::array<std::uint8_t, burst_size> at;
    std::array<std::uint64_t, burst_size> ivs;
    std::array<std::uint64_t, burst_size> sequences;
    std::array<aead_packet, burst_size> packets;
};

/// Prepares those that the replay window lets pass.
void check_replay(open_burst& burst, const inbound_association& association, const std::uint8_t* members,
                  unsigned size, std::uint64_t now, group_work& work) {
    for (unsigned i = 0; i < size; ++i) {
        const unsigned at = members[i];
        std::uint8_t* const esp = burst.esp[at];
        const std::uint64_t iv = iv_of(esp);
        const replay_check checked =
            association.moving.replay.check(low_sequence(load_word<std::uint64_t>(esp)), iv, now);
        if (checked.answer != replay_answer::fresh) {
            refuse(burst, at, verdict_of(checked.answer));
            continue;
        }
        aead_packet& packet = work.packets[work.count];
        prepare(association, esp, burst.length[at], packet);
        if (association.extended_sequence) add_high_half(packet, checked.sequence);
        work.at[work.count] = static_cast<std::uint8_t>(at);
        work.ivs[work.count] = iv;
        work.sequences[work.count++] = checked.sequence;
    }
}

/// Opens packet i of `work`, marks it in the replay window, reads what it holds; `opened`, or what is against
/// it.
content open_one(inbound_association& association, const group_work& work, unsigned i, std::uint64_t now) {
    const aead_packet& packet = work.packets[i];
    if (!association.engine->open(association.expanded_key, packet, association.icv_length))
        return {open_verdict::authentication_failed, 0};
    const replay_answer answer = association.moving.replay.accept(work.sequences[i], work.ivs[i], now);
    if (answer != replay_answer::fresh) return {verdict_of(answer), 0};
    return read_content(packet.text, packet.length);
}

/// Those that are opened, by place in the burst.
[[gnu::noinline]] std::uint64_t open_one_by_one(open_burst& burst, inbound_association& association,
                                                const std::uint8_t* members, unsigned size,
                                                std::uint64_t now) {
    group_work work;
    check_replay(burst, association, members, size, now, work);
    std::uint64_t opened = 0;
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < work.count; ++i) {
        const unsigned at = work.at[i];
        const content inside = open_one(association, work, i, now);
        if (inside.verdict != open_verdict::opened) {
            refuse(burst, at, inside.verdict);
            continue;
        }
        burst.verdict[at] = open_verdict::opened;
        burst.length[at] = inside.length;
        opened |= std::uint64_t{1} << at;
        bytes += inside.length;
    }
    association.count(static_cast<unsigned>(__builtin_popcountll(opened)), bytes, now);
    return opened;
}

/// What begins as a run is opened as one, the rest one by one.
std::uint64_t open_group(open_burst& burst, inbound_association& association,
                         const std::array<std::uint8_t, burst_size>& members, unsigned size,
                         std::uint64_t now) {
    open_run::places places;
    open_run run(association, places);
    const auto note = [&](unsigned i, const std::uint8_t*, std::uint32_t length) {
        burst.length[members[i]] = length;
    };
    unsigned count = 0;
    for (; count < size; ++count) {
        const unsigned at = members[count];
        if (!run.add(burst.esp[at], burst.length[at], note)) break;
    }
    const std::uint64_t good = run.complete(now, note);
    std::uint64_t opened = 0;
    for (unsigned i = 0; i < count; ++i) {
        const bool is_good = (good >> i & 1) != 0;
        burst.verdict[members[i]] = is_good ? open_verdict::opened : run.verdict(i);
        opened |= std::uint64_t{is_good} << members[i];
    }
    if (count != size) opened |= open_one_by_one(burst, association, &members[count], size - count, now);
    return opened;
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
