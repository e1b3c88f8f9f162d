#include "dataplane/port/vxlan_filter.hh"

#include <cstddef>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

constexpr std::uint32_t take_all = 0xffff'ffff;
constexpr std::uint32_t drop = 0;
// Offsets in an untagged frame.
constexpr std::uint32_t ethertype = 12;
constexpr std::uint32_t v4_version = 14;
constexpr std::uint32_t v4_fragment = 20;
constexpr std::uint32_t v4_protocol = 23;
constexpr std::uint32_t v4_destination = 30;
/// Destination port behind an IPv4 header of X bytes.
constexpr std::uint32_t v4_udp_port = 14 + 2;
constexpr std::uint32_t v6_next_header = 20;
constexpr std::uint32_t v6_destination = 38;
constexpr std::uint32_t v6_udp_port = 56;
constexpr std::uint32_t more_fragments_or_offset = 0x3fff;

/// Builds a program of tests that each go on or drop; jumps to the drop are filled in at the end of a part.
class program {
public:
    void load(std::uint16_t size, std::uint32_t offset) { statement(BPF_LD | BPF_ABS | size, offset); }
    /// Data about the packet that the kernel keeps outside of it.
    void load_ancillary(int what) { load(BPF_W, static_cast<std::uint32_t>(SKF_AD_OFF + what)); }
    void statement(int code, std::uint32_t value) {
        _code.push_back({static_cast<std::uint16_t>(code), 0, 0, value});
    }
    void require_equal(std::uint32_t value) {
        _drop_if_false.push_back(_code.size());
        _code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 0, value});
    }
    void require_clear(std::uint32_t bits) {
        _drop_if_true.push_back(_code.size());
        _code.push_back({BPF_JMP | BPF_JSET | BPF_K, 0, 0, bits});
    }
    /// Takes the packet at once.
    void take_if_equal(std::uint32_t value) {
        _take_if_true.push_back(_code.size());
        _code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 0, value});
    }
    /// All requirements of this part hold: take. Else: drop.
    void end_part() {
        for (const std::size_t at : _take_if_true) _code[at].jt = distance_from(at);
        statement(BPF_RET | BPF_K, take_all);
        for (const std::size_t at : _drop_if_false) _code[at].jf = distance_from(at);
        for (const std::size_t at : _drop_if_true) _code[at].jt = distance_from(at);
        statement(BPF_RET | BPF_K, drop);
        _drop_if_false.clear();
        _drop_if_true.clear();
        _take_if_true.clear();
    }
    /// Skips `part` unless the loaded value is `value`.
    void append_if_equal(std::uint32_t value, const program& part) {
        _code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<std::uint8_t>(part._code.size()), value});
        _code.insert(_code.end(), part._code.begin(), part._code.end());
    }
    std::vector<sock_filter> take() && { return std::move(_code); }

private:
    std::uint8_t distance_from(std::size_t at) const {
        return static_cast<std::uint8_t>(_code.size() - at - 1);
    }

    std::vector<sock_filter> _code;
    std::vector<std::size_t> _drop_if_false;
    std::vector<std::size_t> _drop_if_true;
    std::vector<std::size_t> _take_if_true;
};

std::uint32_t word_at(const ip_address& address, std::size_t offset) {
    const auto bytes = address.wire_bytes();
    return std::uint32_t{bytes[offset]} << 24 | std::uint32_t{bytes[offset + 1]} << 16 |
           std::uint32_t{bytes[offset + 2]} << 8 | bytes[offset + 3];
}

program make_v4_part(const ip_address& destination, const vxlan_filter_options& options) {
    program part;
    part.load(BPF_W, v4_destination);
    part.require_equal(word_at(destination, 0));
    part.load(BPF_H, v4_fragment);
    part.require_clear(more_fragments_or_offset);
    part.load(BPF_B, v4_protocol);
    part.take_if_equal(IPPROTO_ESP);
    part.require_equal(IPPROTO_UDP);
    part.statement(BPF_LDX | BPF_B | BPF_MSH, v4_version);
    part.statement(BPF_LD | BPF_H | BPF_IND, v4_udp_port);
    if (options.esp_udp_port != 0) part.take_if_equal(options.esp_udp_port);
    part.require_equal(options.udp_port);
    part.end_part();
    return part;
}

program make_v6_part(const ip_address& destination, const vxlan_filter_options& options) {
    program part;
    for (std::uint32_t offset = 0; offset < 16; offset += 4) {
        part.load(BPF_W, v6_destination + offset);
        part.require_equal(word_at(destination, offset));
    }
    part.load(BPF_B, v6_next_header);
    part.take_if_equal(IPPROTO_ESP);
    part.require_equal(IPPROTO_UDP);
    part.load(BPF_H, v6_udp_port);
    if (options.esp_udp_port != 0) part.take_if_equal(options.esp_udp_port);
    part.require_equal(options.udp_port);
    part.end_part();
    return part;
}

}  // namespace

std::vector<sock_filter> make_vxlan_filter(const vxlan_filter_options& options) {
    // Tagged frames belong to another interface, and frames for other hosts show up in promiscuous mode.
    program whole;
    whole.load_ancillary(SKF_AD_VLAN_TAG_PRESENT);
    program untagged;
    untagged.load_ancillary(SKF_AD_PKTTYPE);
    program ours;
    ours.load(BPF_H, ethertype);
    if (options.vtep_v4) ours.append_if_equal(ETH_P_IP, make_v4_part(*options.vtep_v4, options));
    if (options.vtep_v6) ours.append_if_equal(ETH_P_IPV6, make_v6_part(*options.vtep_v6, options));
    untagged.append_if_equal(PACKET_HOST, ours);
    whole.append_if_equal(0, untagged);
    whole.statement(BPF_RET | BPF_K, drop);
    return std::move(whole).take();
}

std::vector<sock_filter> make_drop_filter() {
    program whole;
    whole.statement(BPF_RET | BPF_K, drop);
    return std::move(whole).take();
}

result<void> attach_filter(int socket, std::vector<sock_filter> program) {
    const sock_fprog attached{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0)
        return system_error("cannot attach a packet filter");
    return {};
}

}  // namespace waggle
