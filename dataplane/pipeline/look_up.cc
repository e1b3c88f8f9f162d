#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/hand_over.hh"

namespace waggle {
namespace {

void put_aside(access_burst& b, unsigned i) {
    b.release(i);
    b.floods |= bit_of(i);
}

void group(access_burst& b, unsigned i) {
    if (b.overlay->flood)
        put_aside(b, i);
    else
        b.drop(i, is_broadcast(b.frames[i]) ? drop_reason::broadcast : drop_reason::multicast);
}

void local_or_unknown(worker_context& context, access_burst& b, unsigned i) {
    const forwarding_value target = b.targets[i];
    if (!target.is_known()) {
        if (b.overlay->flood) return put_aside(b, i);
        return b.drop(i, drop_reason::unknown_destination);
    }
    if (target.port() == b.from) return b.drop(i, drop_reason::hairpin);
    b.release(i);
    b.counters->local_packets.add(1);
    hand_over(context, *b.counters, target.port(), b.packets[i]);
}

}  // namespace

void look_up(worker_context& context, access_burst& b) {
    for_each(b.live & b.groups, [&](unsigned i) { group(b, i); });
    if (b.live == 0) return;
    b.find_targets(context.tables->forwarding());
    for_each(b.live, [&](unsigned i) {
        const forwarding_value target = b.targets[i];
        if (!target.is_remote()) [[unlikely]]
            return local_or_unknown(context, b, i);
        b.vteps[i] = context.tables->vtep(target.vtep());
        __builtin_prefetch(b.vteps[i]);
    });
}

}  // namespace waggle
