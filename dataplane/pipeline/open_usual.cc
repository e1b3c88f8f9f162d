#include "dataplane/pipeline/open_usual.hh"

#include "dataplane/esp/open_run.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/hand_to_worker.hh"
#include "dataplane/pipeline/opened.hh"
#include "dataplane/table/esp_drop_reason.hh"

namespace waggle {
namespace {

/// Packets that are opened but do not simply go on.
struct progress {
    packet_mask no_vxlan = 0;
    packet_mask for_others = 0;
    std::array<std::uint32_t, burst_capacity> workers;
};

/// What is not opened, or not to go on here.
[[gnu::noinline]] void settle(worker_context& context, tunnel_burst& b, packet_mask taken, packet_mask opened,
                              const esp::open_run& run, const progress& done) {
    unsigned place = 0;
    for_each(taken, [&](unsigned i) {
        const unsigned at = place++;
        const auto drop = [&](drop_reason reason) { b.drop(i, reason, *context.no_overlay_counters); };
        if ((opened & bit_of(at)) == 0) return drop(reason_of(run.verdict(at)));
        if ((done.no_vxlan & bit_of(i)) != 0) return drop(drop_reason::sealed_not_vxlan);
        if ((done.for_others & bit_of(i)) != 0) hand_opened_to_worker(context, b, i, done.workers[i]);
    });
}

}  // namespace

packet_mask open_usual(worker_context& context, tunnel_burst& b, packet_mask sealed,
                       esp::inbound_association& association, std::uint64_t now) {
    if (((b.ipv6 | b.offloads) & sealed) != 0) return 0;
    const auto binding = protection::from_raw(static_cast<std::uint32_t>(association.binding));
    const bool spreads = context.other_workers_opened != nullptr && binding == docker_protection;
    progress done;
    std::array<std::uint8_t, burst_capacity> packets;
    const auto go_on = [&](unsigned place, std::uint8_t* payload, std::uint32_t length) {
        const unsigned i = packets[place];
        b.protections[i] = binding;
        if (!holds_vxlan(context, payload, length)) [[unlikely]] {
            done.no_vxlan |= bit_of(i);
            return;
        }
        if (spreads) [[unlikely]] {
            done.workers[i] = worker_for_opened(context, payload, now);
            if (done.workers[i] != context.worker) {
                done.for_others |= bit_of(i);
                return;
            }
        }
        accept_opened(b, i, payload);
    };
    const auto source = [&](unsigned i) { return load_word<std::uint32_t>(b.sources[i]); };
    const std::uint32_t first = source(static_cast<unsigned>(__builtin_ctzll(sealed)));
    esp::open_run::places places;
    esp::open_run run(association, places);
    packet_mask rest = sealed;
    for (; rest != 0; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        packets[run.count()] = static_cast<std::uint8_t>(i);
        const bool has_header = b.lengths[i] >= sizeof(esp_header);
        if (source(i) != first || !has_header || !run.add(b.frames[i], b.lengths[i], go_on)) [[unlikely]]
            break;
    }
    const packet_mask opened = run.complete(now, go_on);
    const packet_mask taken = sealed & ~rest;
    if (opened != first_packets(run.count()) || (done.no_vxlan | done.for_others) != 0) [[unlikely]]
        settle(context, b, taken, opened, run, done);
    return taken;
}

}  // namespace waggle
