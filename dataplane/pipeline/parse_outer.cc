#include <array>
#include <bit>
#include <immintrin.h>

#include "dataplane/packet/outer_packet.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/outer_facts.hh"
#include "dataplane/pipeline/to_kernel.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

/// Where the packets start. Fetches both cache lines that the stages read, as the inner headers may lie in
/// the second, while the first packets are parsed.
void locate(tunnel_burst& b) {
    for (unsigned i = 0; i < b.count; ++i) {
        std::uint8_t* const data = rte_pktmbuf_mtod(b.packets[i], std::uint8_t*);
        __builtin_prefetch(data);
        __builtin_prefetch(data + 64);
        b.frames[i] = data;
    }
}

/// Recognises the most common packet with a few wide loads: VXLAN over IPv4 without options, whole, right and
/// for us, with nothing behind the datagram.
class plain_ipv4_filter {
public:
    explicit plain_ipv4_filter(const worker_context& context) {
        // One that no packet matches.
        _care = _mm256_setzero_si256();
        _wanted = _mm256_set1_epi8(1);
        if (!context.vtep_v4) return;
        window care{};
        window wanted{};
        const auto want = [&](std::size_t at, auto value, auto mask) {
            static_assert(sizeof value == sizeof mask);
            std::memcpy(&care[at - window_start], &mask, sizeof mask);
            std::memcpy(&wanted[at - window_start], &value, sizeof value);
        };
        want(offsetof(ethernet_header, type), be16(ethertype::ipv4), be16(0xffff));
        want(l3_offset, std::uint8_t{0x45}, std::uint8_t{0xff});
        want(l3_offset + offsetof(ipv4_header, fragment), be16(0),
             be16(ipv4_more_fragments | ipv4_fragment_offset));
        want(l3_offset + offsetof(ipv4_header, protocol), std::uint8_t{ip_protocol::udp}, std::uint8_t{0xff});
        want(l3_offset + offsetof(ipv4_header, destination),
             load_word<std::uint32_t>(context.vtep_v4->wire_bytes().data()), ~std::uint32_t{0});
        want(udp_offset + offsetof(udp_header, destination_port), context.udp_port, be16(0xffff));
        _care = load_word<__m256i>(care.data());
        _wanted = load_word<__m256i>(wanted.data());
    }
    bool accepts(tunnel_burst& b, unsigned i, std::uint8_t* data, std::uint16_t length) const {
        constexpr std::uint16_t payload = udp_offset + sizeof(udp_header);
        if (length < payload + sizeof(vxlan_header)) return false;
        const __m256i cared_for = _mm256_and_si256(load_word<__m256i>(data + window_start), _care);
        const __m256i difference = _mm256_xor_si256(cared_for, _wanted);
        const be16 total(static_cast<std::uint16_t>(length - l3_offset));
        const be16 udp(static_cast<std::uint16_t>(length - udp_offset));
        if (_mm256_testz_si256(difference, difference) == 0 ||
            load_word<std::uint16_t>(data + l3_offset + offsetof(ipv4_header, total_length)) != total.raw() ||
            load_word<std::uint16_t>(data + udp_offset + offsetof(udp_header, length)) != udp.raw() ||
            !checksum_is_right(data + l3_offset))
            return false;
        accept(b, i, data, payload, length - payload, data[l3_offset + offsetof(ipv4_header, tos)]);
        b.sources[i] = data + l3_offset + offsetof(ipv4_header, source);
        return true;
    }

private:
    static constexpr std::size_t udp_offset = l3_offset + sizeof(ipv4_header);
    /// What one load takes: from the EtherType to the first bytes of the VXLAN header.
    using window = std::array<std::uint8_t, sizeof(__m256i)>;
    static constexpr std::size_t window_start = offsetof(ethernet_header, type);
    static_assert(window_start + sizeof(window) <= udp_offset + sizeof(udp_header) + sizeof(vxlan_header));

    /// Of an IPv4 header without options. Words of any width, added with the carry brought round, give what
    /// the ten 16-bit words of RFC 1071 do.
    static bool checksum_is_right(const std::uint8_t* header) {
        const auto word = load_word<std::uint64_t>(header);
        std::uint64_t sum = word + load_word<std::uint64_t>(header + 8);
        sum += sum < word ? 1 : 0;
        const std::uint64_t last = load_word<std::uint32_t>(header + 16);
        sum += last;
        sum += sum < last ? 1 : 0;
        const auto half = static_cast<std::uint32_t>((sum + std::rotl(sum, 32)) >> 32);
        return half + std::rotl(half, 16) >= 0xffff'0000;
    }
    /// Bits that must be as in `_wanted`, where the others are 0.
    __m256i _care;
    __m256i _wanted;
};

bool is_ours(const worker_context& context, const outer_packet& packet) {
    const std::optional<ip_address>& own = packet.ipv6 ? context.vtep_v6 : context.vtep_v4;
    return packet.source_bytes != nullptr && own && packet.destination() == *own;
}

void drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    b.drop(i, reason, *context.no_overlay_counters);
}

/// Everything but VXLAN and ESP for this host.
void not_ours(worker_context& context, tunnel_burst& b, unsigned i, const outer_packet& parsed, bool for_us) {
    switch (parsed.verdict) {
        case outer_verdict::malformed:
            return drop(context, b, i, drop_reason::outer_malformed);
        case outer_verdict::checksum:
            return drop(context, b, i, drop_reason::outer_checksum);
        case outer_verdict::other:
            return to_kernel_or_drop(context, b, i, drop_reason::not_vxlan);
        case outer_verdict::fragment:
            // Of which datagram a fragment is can't be known: the kernel reassembles what may be its own.
            return to_kernel_or_drop(context, b, i,
                                     for_us ? drop_reason::outer_fragment : drop_reason::not_for_us);
        case outer_verdict::udp:
        case outer_verdict::esp:
            break;
    }
    to_kernel_or_drop(context, b, i, for_us ? drop_reason::not_vxlan : drop_reason::not_for_us);
}

/// Work that the kernel left undone on the packet; false: it is several in one.
bool note_offload(tunnel_burst& b, unsigned i, const outer_packet& parsed) {
    const rte_mbuf* const packet = b.packets[i];
    if (!has_offload(packet)) return true;
    const packet_offload& offload = offload_of(packet);
    if (offload.kind == segmentation::udp && offload.checksum_start < parsed.payload_offset) {
        // What comes behind it waits, so that a flow stays in order.
        b.count = i;
        b.live &= first_packets(i);
        b.ends_at_aggregate = true;
        return false;
    }
    b.offloads |= bit_of(i);
    return true;
}

/// Anything but the most common packets.
[[gnu::noinline]] void parse_other(worker_context& context, tunnel_burst& b, unsigned i) {
    rte_mbuf* const packet = b.packets[i];
    if (packet->nb_segs != 1) return drop(context, b, i, drop_reason::frame_too_long);
    std::uint8_t* const data = rte_pktmbuf_mtod(packet, std::uint8_t*);
    const outer_packet parsed = parse_outer_packet(data, packet->data_len);
    const bool for_us = is_ours(context, parsed);
    const bool udp = for_us && parsed.verdict == outer_verdict::udp;
    const bool esp_in_udp =
        udp && context.esp_udp_port != 0 && parsed.destination_port == be16(context.esp_udp_port);
    const bool sealed = esp_in_udp || (for_us && parsed.verdict == outer_verdict::esp);
    if (!sealed && !(udp && parsed.destination_port == context.udp_port))
        return not_ours(context, b, i, parsed, for_us);
    if (!note_offload(b, i, parsed)) return;
    b.sources[i] = parsed.source_bytes;
    b.ipv6 |= packet_mask{parsed.ipv6} << i;
    const std::size_t payload = parsed.payload_offset;
    const std::size_t length = parsed.payload_length;
    if (esp_in_udp) return accept_esp_datagram(context, b, i, data, payload, length, parsed.tos);
    if (sealed) return accept_sealed(b, i, data, payload, length, parsed.tos);
    accept_datagram(context, b, i, data, payload, length, parsed.tos);
}

}  // namespace

void parse_outer(worker_context& context, tunnel_burst& b) {
    const plain_ipv4_filter plain(context);
    locate(b);
    for (unsigned i = 0; i < b.count; ++i) {
        rte_mbuf* const packet = b.packets[i];
        if (packet->nb_segs != 1 || has_offload(packet) ||
            !plain.accepts(b, i, b.frames[i], packet->data_len)) [[unlikely]]
            parse_other(context, b, i);
    }
}

}  // namespace waggle
