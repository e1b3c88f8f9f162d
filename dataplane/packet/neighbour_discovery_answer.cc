#include "dataplane/packet/neighbour_discovery_answer.hh"

#include <algorithm>
#include <array>
#include <optional>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/icmp.hh"
#include "dataplane/packet/neighbour_discovery.hh"

namespace waggle {
namespace {

constexpr std::array<std::uint8_t, 16> all_nodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::array<std::uint8_t, 13> solicited_node_prefix{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

bool is_solicited_node(const std::array<std::uint8_t, 16>& address) {
    return std::equal(solicited_node_prefix.begin(), solicited_node_prefix.end(), address.begin());
}

bool is_unspecified(const std::array<std::uint8_t, 16>& address) {
    return std::ranges::all_of(address, [](std::uint8_t byte) { return byte == 0; });
}

neighbour_kind kind_of(std::uint8_t type) {
    switch (type) {
        case icmpv6_type::neighbour_solicitation:
            return neighbour_kind::solicitation;
        case icmpv6_type::neighbour_advertisement:
            return neighbour_kind::advertisement;
        case icmpv6_type::router_solicitation:
            return neighbour_kind::router_solicitation;
        case icmpv6_type::router_advertisement:
            return neighbour_kind::router_advertisement;
        case icmpv6_type::redirect:
            return neighbour_kind::redirect;
        case icmpv6_type::listener_query:
        case icmpv6_type::listener_report:
        case icmpv6_type::listener_done:
        case icmpv6_type::listener_report_v2:
            return neighbour_kind::multicast_listener;
        default:
            return neighbour_kind::none;
    }
}

struct options {
    bool valid = true;
    std::optional<mac_address> source_link_layer;
};

/// RFC 4861 section 7.1.1: an option of length 0 makes the message invalid, unknown ones are skipped.
options read_options(const std::uint8_t* at, std::size_t length) {
    options read;
    while (length != 0) {
        if (length < 2 || at[1] == 0 || at[1] * std::size_t{8} > length) {
            read.valid = false;
            return read;
        }
        const std::size_t size = at[1] * std::size_t{8};
        if (at[0] == option_source_link_layer && size == sizeof(link_layer_option))
            read.source_link_layer = header_at<link_layer_option>(at).address;
        at += size;
        length -= size;
    }
    return read;
}

}  // namespace

neighbour_request classify_neighbour(const std::uint8_t* frame, const inner_frame& parsed,
                                     bool checksum_pending) {
    neighbour_request request;
    const std::size_t end = l3_offset + parsed.ip_length;
    if (parsed.protocol != ip_protocol::icmpv6 || parsed.l4_offset == 0 || parsed.l4_offset >= end)
        return request;
    const neighbour_kind kind = kind_of(frame[parsed.l4_offset]);
    if (kind == neighbour_kind::none) return request;

    const auto& ethernet = header_at<ethernet_header>(frame);
    const auto& ip = header_at<ipv6_header>(frame + l3_offset);
    request.unicast = !ethernet.destination.is_multicast();
    request.sender_mac = ethernet.source;
    request.sender = ip_address::load_v6(ip.source.data());
    request.kind = kind;
    if (kind != neighbour_kind::solicitation && kind != neighbour_kind::advertisement) return request;

    request.kind = neighbour_kind::malformed;
    const std::size_t length = end - parsed.l4_offset;
    // A fragmented message is never valid: RFC 6980 section 5.
    if (parsed.fragment || length < sizeof(neighbour_message) || ip.hop_limit != 255) return request;
    const auto& message = header_at<neighbour_message>(frame + parsed.l4_offset);
    if (message.base.code != 0 || message.target[0] == 0xff) return request;
    if (!checksum_pending &&
        !checksum_valid(checksum_add(
            &message, length,
            checksum_pseudo_v6(&ip.source, ip_protocol::icmpv6, static_cast<std::uint32_t>(length)))))
        return request;
    const options found = read_options(frame + parsed.l4_offset + sizeof(neighbour_message),
                                       length - sizeof(neighbour_message));
    if (!found.valid) return request;
    request.target = ip_address::load_v6(message.target.data());
    if (kind == neighbour_kind::advertisement) {
        request.kind = kind;
        return request;
    }

    if (is_unspecified(ip.source)) {
        if (!is_solicited_node(ip.destination) || found.source_link_layer) return request;
        request.kind = neighbour_kind::probe;
        return request;
    }
    if (ip.source[0] == 0xff) return request;
    if (found.source_link_layer) request.sender_mac = *found.source_link_layer;
    if (request.sender_mac.is_multicast() || request.sender_mac.is_zero()) return request;
    request.kind = neighbour_kind::solicitation;
    return request;
}

void build_neighbour_advertisement(std::uint8_t* frame, const neighbour_request& request,
                                   const mac_address& answer) {
    const bool probe = request.kind == neighbour_kind::probe;
    auto& ethernet = header_at<ethernet_header>(frame);
    auto& ip = header_at<ipv6_header>(frame + l3_offset);
    auto& message = header_at<neighbour_message>(frame + l3_offset + sizeof(ipv6_header));
    auto& option =
        header_at<link_layer_option>(frame + l3_offset + sizeof(ipv6_header) + sizeof(neighbour_message));
    constexpr std::uint16_t length = sizeof(neighbour_message) + sizeof(link_layer_option);
    static_assert(l3_offset + sizeof(ipv6_header) + length == neighbour_advertisement_length);

    ethernet.destination = probe ? mac_address::from_u64(0x3333'0000'0001) : request.sender_mac;
    ethernet.source = answer;
    ethernet.type = be16(ethertype::ipv6);
    ip.version_class_flow = be32(0x6000'0000);
    ip.payload_length = be16(length);
    ip.next_header = ip_protocol::icmpv6;
    ip.hop_limit = 255;
    ip.source = request.target.bytes();
    ip.destination = probe ? all_nodes : request.sender.bytes();
    message.base = {.type = icmpv6_type::neighbour_advertisement, .code = 0, .checksum = be16()};
    message.flags = be32(advertisement_override | (probe ? 0 : advertisement_solicited));
    message.target = request.target.bytes();
    option = {.type = option_target_link_layer, .length = 1, .address = answer};
    message.base.checksum = checksum_finish(
        checksum_add(&message, length, checksum_pseudo_v6(&ip.source, ip_protocol::icmpv6, length)));
}

}  // namespace waggle
