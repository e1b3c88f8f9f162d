#include "dataplane/esp/seal.hh"

#include "dataplane/esp/association_groups.hh"
#include "dataplane/esp/seal_run.hh"
#include "dataplane/esp/sequence_range.hh"
#include "dataplane/esp/sizes.hh"

namespace waggle::esp {
namespace {

void refuse(seal_burst& burst, unsigned index, seal_verdict why) {
    burst.verdict[index] = why;
    if (outbound_association* association = burst.association[index])
        association->cold.refused[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
}

/// Those that were sealed, by place in the burst.
std::uint64_t seal_group(seal_burst& burst, outbound_association& association,
                         const std::array<std::uint8_t, burst_size>& members, unsigned size,
                         std::uint64_t now) {
    const sequence_range range = take_sequence(association, size);
    for (unsigned i = range.count; i < size; ++i) refuse(burst, members[i], seal_verdict::sequence_exhausted);
    if (range.count == 0) return 0;

    seal_run::places places;
    seal_run run(association, range.first, places);
    std::uint64_t sealed = 0;
    for (unsigned i = 0; i < range.count; ++i) {
        const unsigned at = members[i];
        burst.length[at] = run.add(burst.esp[at], burst.length[at]);
        burst.verdict[at] = seal_verdict::sealed;
        sealed |= std::uint64_t{1} << at;
    }
    run.finish(now);
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
