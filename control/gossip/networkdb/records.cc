#include "control/gossip/networkdb/records.hh"

#include <algorithm>
#include <climits>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/networkdb.pb.h"

namespace waggle::networkdb {
namespace {

constexpr int most_names = 256;

template <typename Message>
bool parse(Message& message, std::string_view bytes) {
    return bytes.size() <= INT_MAX && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Text of a peer for a log line: nothing that moves a terminal's cursor, and not much of it.
std::string quoted(std::string_view text) {
    std::string safe;
    for (char c : text.substr(0, 64)) {
        auto byte = static_cast<unsigned char>(c);
        safe += byte < 0x20 || byte >= 0x7f ? '?' : c;
    }
    return "'" + safe + "'";
}

bool is_vtep(const ip_address& address) {
    return !address.is_unspecified() && !address.is_multicast() && !address.is_loopback();
}

constexpr std::size_t longest_announcement = 4096;

}  // namespace

std::string encode(const peer_record& record) {
    wire::PeerRecord out;
    out.set_endpoint_ip(record.address.to_string());
    out.set_endpoint_mac(record.mac.to_string());
    out.set_tunnel_endpoint_ip(record.vtep.to_string());
    return out.SerializeAsString();
}

result<peer_record> decode_peer_record(std::string_view value) {
    wire::PeerRecord in;
    if (!parse(in, value)) return error{"a peer record is no valid protobuf message"};
    auto address = ip_prefix::parse(in.endpoint_ip());
    if (!address || address->address.is_unspecified() || address->address.is_multicast())
        return error{"a peer record has endpoint address " + quoted(in.endpoint_ip()) +
                     ", which is no address with a prefix length"};
    auto mac = mac_address::parse(in.endpoint_mac());
    if (!mac || mac->is_zero() || mac->is_multicast())
        return error{"a peer record has MAC " + quoted(in.endpoint_mac()) +
                     ", which is no address of one interface"};
    auto vtep = ip_address::parse(in.tunnel_endpoint_ip());
    if (!vtep || !is_vtep(*vtep))
        return error{"a peer record has tunnel endpoint " + quoted(in.tunnel_endpoint_ip()) +
                     ", which is no host's address"};
    return peer_record{*address, *mac, *vtep};
}

std::string encode(const endpoint_record& record) {
    wire::EndpointRecord out;
    out.set_name(record.name);
    out.set_service_name(record.service_name);
    out.set_service_id(record.service_id);
    out.set_virtual_ip(record.virtual_ip ? record.virtual_ip->to_string() : "<nil>");
    out.set_endpoint_ip(record.address.to_string());
    for (const published_port& each : record.ingress_ports) {
        wire::PortConfig& port = *out.add_ingress_ports();
        port.set_name(each.name);
        port.set_protocol(each.protocol);
        port.set_target_port(each.target);
        port.set_published_port(each.published);
    }
    for (const std::string& alias : record.aliases) out.add_aliases(alias);
    for (const std::string& alias : record.task_aliases) out.add_task_aliases(alias);
    out.set_service_disabled(record.service_disabled);
    return out.SerializeAsString();
}

result<endpoint_record> decode_endpoint_record(std::string_view value) {
    wire::EndpointRecord in;
    if (!parse(in, value)) return error{"an endpoint record is no valid protobuf message"};
    if (in.name().empty()) return error{"an endpoint record has no name"};
    auto address = ip_address::parse(in.endpoint_ip());
    if (!address)
        return error{"an endpoint record has address " + quoted(in.endpoint_ip()) + ", which does not parse"};
    if (std::max({in.ingress_ports_size(), in.aliases_size(), in.task_aliases_size()}) > most_names)
        return error{"an endpoint record has more than " + std::to_string(most_names) + " ports or aliases"};
    endpoint_record record{in.name(),
                           in.service_name(),
                           in.service_id(),
                           ip_address::parse(in.virtual_ip()),
                           *address,
                           {},
                           {in.aliases().begin(), in.aliases().end()},
                           {in.task_aliases().begin(), in.task_aliases().end()},
                           in.service_disabled()};
    for (const wire::PortConfig& each : in.ingress_ports())
        record.ingress_ports.push_back(
            {each.name(), each.protocol(), each.target_port(), each.published_port()});
    return record;
}

std::string encode(const host_record& record) {
    wire::HostRecord out;
    out.set_name(record.name);
    if (record.vtep_v4) out.set_vtep_v4(record.vtep_v4->to_string());
    if (record.vtep_v6) out.set_vtep_v6(record.vtep_v6->to_string());
    out.set_key_announcement(record.key_announcement);
    return out.SerializeAsString();
}

result<host_record> decode_host_record(std::string_view value) {
    wire::HostRecord in;
    if (!parse(in, value)) return error{"a host record is no valid protobuf message"};
    if (!is_name(in.name())) return error{"a host record has name " + quoted(in.name())};
    if (in.key_announcement().size() > longest_announcement)
        return error{"a host record has a key announcement of " +
                     std::to_string(in.key_announcement().size()) + " bytes"};
    host_record record{in.name(), std::nullopt, std::nullopt, in.key_announcement()};
    for (bool v4 : {true, false}) {
        const std::string& text = v4 ? in.vtep_v4() : in.vtep_v6();
        if (text.empty()) continue;
        auto address = ip_address::parse(text);
        if (!address || !is_vtep(*address) || address->is_v4() != v4)
            return error{"a host record has VTEP " + quoted(text) + ", which is no host's address"};
        (v4 ? record.vtep_v4 : record.vtep_v6) = address;
    }
    if (!record.vtep_v4 && !record.vtep_v6) return error{"a host record has no VTEP"};
    return record;
}

std::string encode(const claim_record& record) {
    wire::ClaimRecord out;
    out.set_address(record.address.to_string());
    out.set_endpoint(record.endpoint);
    return out.SerializeAsString();
}

result<claim_record> decode_claim_record(std::string_view value) {
    wire::ClaimRecord in;
    if (!parse(in, value)) return error{"a claim is no valid protobuf message"};
    auto address = ip_address::parse(in.address());
    if (!address) return error{"a claim has address " + quoted(in.address()) + ", which does not parse"};
    if (!is_name(in.endpoint())) return error{"a claim has endpoint name " + quoted(in.endpoint())};
    return claim_record{*address, in.endpoint()};
}

}  // namespace waggle::networkdb
