#include "dataplane/esp/open.hh"

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/udp.hh"
#include "dataplane/packet/vxlan.hh"
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
    explicit association_finder(const tables& in) : _receivers(in.receivers()) {}

    esp::inbound_association* find(const tunnel_burst& b, unsigned i, spi index) {
        const ip_address source = b.source(i);
        if (_last == nullptr || index != _last_index || source != _last_source) [[unlikely]] {
            _last = _receivers.find(index, source);
            _last_index = index;
            _last_source = source;
        }
        return _last;
    }

private:
    const receiver_table& _receivers;
    esp::inbound_association* _last = nullptr;
    spi _last_index;
    ip_address _last_source;
};

/// The payload of an opened packet is one of VXLAN (RFC 7348 section 5).
void accept(const worker_context& context, tunnel_burst& b, unsigned i, std::uint8_t* payload,
            std::size_t length) {
    constexpr std::size_t headers = sizeof(udp_header) + sizeof(vxlan_header);
    const auto& udp = header_at<udp_header>(payload);
    if (length < headers || udp.length.host() < headers || udp.length.host() > length ||
        udp.destination_port != context.udp_port)
        return b.drop(i, drop_reason::sealed_not_vxlan, *context.no_overlay_counters);
    b.frames[i] = payload + headers;
    b.lengths[i] = static_cast<std::uint16_t>(udp.length.host() - headers);
    b.outer_lengths[i] =
        static_cast<std::uint8_t>(b.outer_lengths[i] + sizeof(esp_header) + sizeof(udp_header));
}

}  // namespace

void open(worker_context& context, tunnel_burst& b) {
    const packet_mask sealed = b.sealed & b.live;
    if (sealed == 0) [[likely]]
        return;
    association_finder associations(*context.tables);
    esp::open_burst work;
    std::array<std::uint8_t, burst_capacity> packets;
    for_each(sealed, [&](unsigned i) {
        const esp::spi_answer index = esp::peek_spi(b.frames[i], b.lengths[i]);
        if (index.verdict != esp::open_verdict::opened) [[unlikely]]
            return drop(context, b, i, reason_of(index.verdict));
        esp::inbound_association* const association = associations.find(b, i, index.index);
        if (association == nullptr) [[unlikely]]
            return to_kernel_or_drop(context, b, i, drop_reason::unknown_spi);
        if (has_offload(b.packets[i]) && offload_of(b.packets[i]).kind != segmentation::none) [[unlikely]]
            return drop(context, b, i, drop_reason::bad_offload);
        const unsigned at = work.count++;
        packets[at] = static_cast<std::uint8_t>(i);
        work.esp[at] = b.frames[i];
        work.length[at] = b.lengths[i];
        work.association[at] = association;
        b.protections[i] = protection::from_raw(static_cast<std::uint32_t>(association->binding));
    });
    esp::open(work, nanoseconds(context));
    for (unsigned at = 0; at < work.count; ++at) {
        const unsigned i = packets[at];
        if (work.verdict[at] != esp::open_verdict::opened) [[unlikely]]
            drop(context, b, i, reason_of(work.verdict[at]));
        else
            accept(context, b, i, work.esp[at] + sizeof(esp_header), work.length[at]);
    }
}

}  // namespace waggle
