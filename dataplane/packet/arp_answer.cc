#include "dataplane/packet/arp_answer.hh"

#include <utility>

#include "dataplane/packet/arp.hh"
#include "dataplane/packet/ethernet.hh"

namespace waggle {

arp_message classify_arp(const std::uint8_t* frame, std::size_t length) {
    arp_message message;
    if (length < l3_offset + sizeof(arp_header)) return message;
    const auto& ethernet = header_at<ethernet_header>(frame);
    const auto& arp = header_at<arp_header>(frame + l3_offset);
    if (arp.hardware_type != be16(arp_hardware_ethernet) || arp.protocol_type != be16(ethertype::ipv4) ||
        arp.hardware_length != 6 || arp.protocol_length != 4)
        return message;
    if (arp.sender_mac.is_multicast() || arp.sender_mac.is_zero()) return message;

    message.unicast = !ethernet.destination.is_multicast();
    message.sender_mac = arp.sender_mac;
    message.sender = ip_address::from_v4(arp.sender_ip.host());
    message.target = ip_address::from_v4(arp.target_ip.host());
    const bool same = arp.sender_ip == arp.target_ip;
    if (arp.operation == be16(arp_operation_request)) {
        if (same && arp.sender_ip.raw() != 0)
            message.kind = arp_kind::announcement;
        else
            message.kind = arp.sender_ip.raw() == 0 ? arp_kind::probe : arp_kind::request;
    } else if (arp.operation == be16(arp_operation_reply)) {
        message.kind = same ? arp_kind::announcement : arp_kind::reply;
    }
    return message;
}

std::size_t build_arp_reply(std::uint8_t* frame, const mac_address& answer) {
    auto& ethernet = header_at<ethernet_header>(frame);
    auto& arp = header_at<arp_header>(frame + l3_offset);
    arp.operation = be16(arp_operation_reply);
    arp.target_mac = arp.sender_mac;
    arp.sender_mac = answer;
    std::swap(arp.sender_ip, arp.target_ip);
    ethernet.destination = arp.target_mac;
    ethernet.source = answer;
    return l3_offset + sizeof(arp_header);
}

}  // namespace waggle
