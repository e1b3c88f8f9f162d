#include "dataplane/esp/open.hh"

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/hand_to_worker.hh"
#include "dataplane/pipeline/open_usual.hh"
#include "dataplane/pipeline/opened.hh"
#include "dataplane/pipeline/to_kernel.hh"
#include "dataplane/pipeline/tunnel_stages.hh"
#include "dataplane/pipeline/worker_clock.hh"
#include "dataplane/table/esp_drop_reason.hh"

namespace waggle {
namespace {

void drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    b.drop(i, reason, *context.no_overlay_counters);
}

/// Finds the associations; a burst mostly is of one.
class association_finder {
public:
    association_finder(const worker_context& context, const tunnel_burst& b, std::uint64_t now)
        : _receivers(context.tables->receivers()),
          _self(context.worker),
          _handed_over(b.from.handed_over),
          _now(now) {}

    /// Null: none that this worker may open with; owner() tells which worker may. `spi_raw` as in the packet.
    esp::inbound_association* find(const tunnel_burst& b, unsigned i, std::uint32_t spi_raw) {
        const bool ipv6 = (b.ipv6 & bit_of(i)) != 0;
        const std::uint8_t* const source = b.sources[i];
        const std::uint64_t front = ipv6 ? load_word<std::uint64_t>(source) : 0;
        const std::uint64_t back =
            ipv6 ? load_word<std::uint64_t>(source + sizeof front) : load_word<std::uint32_t>(source);
        if (((spi_raw ^ _last_spi) | (front ^ _last_front) | (back ^ _last_back)) != 0) [[unlikely]] {
            _last_spi = spi_raw;
            _last_front = front;
            _last_back = back;
            look_up(spi(be32::from_raw(spi_raw).host()), b.source(i));
        }
        return _last;
    }
    /// Of the packet last asked for; nothing if there is no association.
    std::optional<std::uint32_t> owner() const { return _owner; }

private:
    [[gnu::noinline]] void look_up(spi index, const ip_address& source) {
        _owner.reset();
        _last = _receivers.find(index, source);
        if (_last == nullptr) return;
        esp::worker_claim& claim = _last->claim;
        _owner =
            _handed_over ? claim.owner_for_handed_over(_self, _now) : claim.owner_for_received(_self, _now);
        if (*_owner != _self) _last = nullptr;
    }

    const receiver_table& _receivers;
    std::uint32_t _self;
    bool _handed_over;
    std::uint64_t _now;
    esp::inbound_association* _last = nullptr;
    std::optional<std::uint32_t> _owner;
    /// Of the packet last asked for; an SPI of 0 has no association.
    std::uint32_t _last_spi = 0;
    std::uint64_t _last_front = 0;
    std::uint64_t _last_back = 0;
};

/// What this worker can't open.
[[gnu::noinline]] void not_opened_here(worker_context& context, tunnel_burst& b, unsigned i,
                                       std::optional<std::uint32_t> owner) {
    const esp::spi_answer index = esp::peek_spi(b.frames[i], b.lengths[i]);
    if (index.verdict != esp::open_verdict::opened) return drop(context, b, i, reason_of(index.verdict));
    if (!owner) return to_kernel_or_drop(context, b, i, drop_reason::unknown_spi);
    hand_to_worker(context, b, i, *owner);
}

bool is_aggregate(const tunnel_burst& b, unsigned i) {
    return (b.offloads & bit_of(i)) != 0 && offload_of(b.packets[i]).kind != segmentation::none;
}

/// What another worker has opened: all of it is Docker's.
void take_opened(worker_context& context, tunnel_burst& b, packet_mask sealed) {
    for_each(sealed, [&](unsigned i) {
        std::uint8_t* const payload = b.frames[i] + sizeof(esp_header);
        // The UDP port may be another one since.
        if (!holds_vxlan(context, payload, b.lengths[i] - sizeof(esp_header)))
            return drop(context, b, i, drop_reason::sealed_not_vxlan);
        b.protections[i] = docker_protection;
        accept_opened(b, i, payload);
    });
}

}  // namespace

void open(worker_context& context, tunnel_burst& b) {
    packet_mask sealed = b.sealed & b.live;
    if (sealed == 0) [[likely]]
        return;
    if (b.from.opened) return take_opened(context, b, sealed);
    const std::uint64_t now = nanoseconds(context);
    context.spreader.see_burst(static_cast<unsigned>(__builtin_popcountll(sealed)));
    association_finder associations(context, b, now);
    const auto first = static_cast<unsigned>(__builtin_ctzll(sealed));
    esp::inbound_association* const usual =
        associations.find(b, first, load_word<std::uint32_t>(b.frames[first]));
    if (usual != nullptr) sealed &= ~open_usual(context, b, sealed, *usual, now);
    if (sealed == 0) [[likely]]
        return;
    esp::open_burst work;
    std::array<std::uint8_t, burst_capacity> packets;
    for_each(sealed, [&](unsigned i) {
        // parse_outer() saw to it that an SPI is there; 0 is never found.
        esp::inbound_association* const association =
            associations.find(b, i, load_word<std::uint32_t>(b.frames[i]));
        if (association == nullptr) [[unlikely]]
            return not_opened_here(context, b, i, associations.owner());
        if (is_aggregate(b, i)) [[unlikely]]
            return drop(context, b, i, drop_reason::bad_offload);
        const unsigned at = work.count++;
        packets[at] = static_cast<std::uint8_t>(i);
        work.esp[at] = b.frames[i];
        work.length[at] = b.lengths[i];
        work.association[at] = association;
        b.protections[i] = protection::from_raw(static_cast<std::uint32_t>(association->binding));
    });
    const packet_mask opened = esp::open(work, now);
    for (unsigned at = 0; at < work.count; ++at) {
        const unsigned i = packets[at];
        if ((opened & bit_of(at)) == 0) [[unlikely]] {
            drop(context, b, i, reason_of(work.verdict[at]));
            continue;
        }
        std::uint8_t* const payload = work.esp[at] + sizeof(esp_header);
        if (!holds_vxlan(context, payload, work.length[at])) [[unlikely]] {
            drop(context, b, i, drop_reason::sealed_not_vxlan);
            continue;
        }
        const bool spreads = context.other_workers_opened != nullptr && b.protections[i] == docker_protection;
        const std::uint32_t worker = spreads ? worker_for_opened(context, payload, now) : context.worker;
        if (worker != context.worker)
            hand_opened_to_worker(context, b, i, worker);
        else
            accept_opened(b, i, payload);
    }
}

}  // namespace waggle
