#include "control/gossip/networkdb/codec.hh"

#include <algorithm>
#include <climits>
#include <utility>

#include "control/gossip/networkdb/networkdb.pb.h"

namespace waggle::networkdb {
namespace {

template <typename Message>
std::string in_envelope(message_type type, const Message& message) {
    wire::GossipMessage out;
    out.set_type(static_cast<std::uint32_t>(type));
    message.SerializeToString(out.mutable_data());
    return out.SerializeAsString();
}

template <typename Message>
bool parse(Message& message, std::string_view bytes) {
    return bytes.size() <= INT_MAX && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

error unreadable(const char* what) {
    return error{std::string(what) + " is no valid protobuf message"};
}
error bad(const char* what, const char* field) {
    return error{std::string(what) + " has a bad " + field};
}

bool is_membership_change(std::uint32_t value) {
    return value == 1 || value == 2;
}

}  // namespace

bool is_name(std::string_view text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && std::ranges::none_of(text, [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f || c == '/';
    });
}

std::string encode(const node_event& event) {
    wire::NodeEvent out;
    out.set_type(static_cast<std::uint32_t>(event.change));
    out.set_l_time(event.time);
    out.set_node_name(event.node);
    return in_envelope(message_type::node_event, out);
}

std::string encode(const network_event& event) {
    wire::NetworkEvent out;
    out.set_type(static_cast<std::uint32_t>(event.change));
    out.set_l_time(event.time);
    out.set_node_name(event.node);
    out.set_network_id(event.network);
    return in_envelope(message_type::network_event, out);
}

std::string encode(const push_pull& state) {
    wire::NetworkPushPull out;
    out.set_l_time(state.time);
    out.set_node_name(state.sender);
    out.mutable_networks()->Reserve(static_cast<int>(state.networks.size()));
    for (const network_event& each : state.networks) {
        wire::NetworkEntry& entry = *out.add_networks();
        entry.set_network_id(each.network);
        entry.set_l_time(each.time);
        entry.set_node_name(each.node);
        entry.set_leaving(each.change == membership_change::leave);
    }
    return in_envelope(message_type::push_pull, out);
}

std::string encode(const table_event& event) {
    wire::TableEvent out;
    out.set_type(static_cast<std::uint32_t>(event.change));
    out.set_l_time(event.time);
    out.set_node_name(event.owner);
    out.set_network_id(event.network);
    out.set_table_name(event.table);
    out.set_key(event.key);
    out.set_value(event.value);
    out.set_residual_reap_time(event.residual_reap_time);
    return in_envelope(message_type::table_event, out);
}

std::string encode(const bulk_sync& sync) {
    wire::BulkSyncMessage out;
    out.set_l_time(sync.time);
    out.set_unsolicited(sync.unsolicited);
    out.set_node_name(sync.sender);
    for (const std::string& network : sync.networks) out.add_networks(network);
    out.set_payload(sync.payload);
    return in_envelope(message_type::bulk_sync, out);
}

std::string encode_compound(const std::vector<std::string>& parts) {
    wire::CompoundMessage out;
    for (const std::string& part : parts) out.add_messages()->set_payload(part);
    return in_envelope(message_type::compound, out);
}

result<envelope> decode_envelope(std::string_view bytes) {
    wire::GossipMessage in;
    if (!parse(in, bytes)) return unreadable("a gossip message");
    if (in.type() < 1 || in.type() > static_cast<std::uint32_t>(message_type::node_event))
        return error{"a gossip message is of unknown type " + std::to_string(in.type())};
    return envelope{static_cast<message_type>(in.type()), std::move(*in.mutable_data())};
}

result<node_event> decode_node_event(std::string_view data) {
    constexpr const char* what = "a node event";
    wire::NodeEvent in;
    if (!parse(in, data)) return unreadable(what);
    if (!is_membership_change(in.type())) return bad(what, "type");
    if (in.l_time() > latest_time) return bad(what, "Lamport time");
    if (!is_name(in.node_name())) return bad(what, "node name");
    return node_event{static_cast<membership_change>(in.type()), in.l_time(),
                      std::move(*in.mutable_node_name())};
}

result<network_event> decode_network_event(std::string_view data) {
    constexpr const char* what = "a network event";
    wire::NetworkEvent in;
    if (!parse(in, data)) return unreadable(what);
    if (!is_membership_change(in.type())) return bad(what, "type");
    if (in.l_time() > latest_time) return bad(what, "Lamport time");
    if (!is_name(in.node_name())) return bad(what, "node name");
    if (!is_name(in.network_id())) return bad(what, "network id");
    return network_event{static_cast<membership_change>(in.type()), in.l_time(),
                         std::move(*in.mutable_node_name()), std::move(*in.mutable_network_id())};
}

result<push_pull> decode_push_pull(std::string_view data) {
    constexpr const char* what = "a push/pull";
    wire::NetworkPushPull in;
    if (!parse(in, data)) return unreadable(what);
    if (in.l_time() > latest_time) return bad(what, "Lamport time");
    if (!is_name(in.node_name())) return bad(what, "node name");
    if (static_cast<std::size_t>(in.networks_size()) > most_pairs) return bad(what, "number of networks");
    push_pull state{in.l_time(), std::move(*in.mutable_node_name()), {}};
    state.networks.reserve(static_cast<std::size_t>(in.networks_size()));
    for (wire::NetworkEntry& each : *in.mutable_networks()) {
        if (each.l_time() > latest_time) return bad(what, "Lamport time");
        if (!is_name(each.node_name())) return bad(what, "node name");
        if (!is_name(each.network_id())) return bad(what, "network id");
        state.networks.push_back({each.leaving() ? membership_change::leave : membership_change::join,
                                  each.l_time(), std::move(*each.mutable_node_name()),
                                  std::move(*each.mutable_network_id())});
    }
    return state;
}

result<table_event> decode_table_event(std::string_view data) {
    constexpr const char* what = "a table event";
    wire::TableEvent in;
    if (!parse(in, data)) return unreadable(what);
    if (in.type() < 1 || in.type() > 3) return bad(what, "type");
    if (in.l_time() > latest_time) return bad(what, "Lamport time");
    if (!is_name(in.node_name())) return bad(what, "node name");
    if (!is_name(in.network_id())) return bad(what, "network id");
    if (!is_name(in.table_name())) return bad(what, "table name");
    if (!is_name(in.key(), longest_key)) return bad(what, "key");
    if (in.value().size() > longest_value) return bad(what, "value: it is too long");
    if (in.residual_reap_time() < 0) return bad(what, "residual reap time");
    return table_event{static_cast<table_change>(in.type()), in.l_time(),
                       std::move(*in.mutable_node_name()),   std::move(*in.mutable_network_id()),
                       std::move(*in.mutable_table_name()),  std::move(*in.mutable_key()),
                       std::move(*in.mutable_value()),       in.residual_reap_time()};
}

result<bulk_sync> decode_bulk_sync(std::string_view data) {
    constexpr const char* what = "a bulk sync";
    wire::BulkSyncMessage in;
    if (!parse(in, data)) return unreadable(what);
    if (in.l_time() > latest_time) return bad(what, "Lamport time");
    if (!is_name(in.node_name())) return bad(what, "node name");
    if (static_cast<std::size_t>(in.networks_size()) > most_networks) return bad(what, "number of networks");
    bulk_sync sync{in.l_time(), in.unsolicited(), std::move(*in.mutable_node_name()), {}, {}};
    for (std::string& network : *in.mutable_networks()) {
        if (!is_name(network)) return bad(what, "network id");
        sync.networks.push_back(std::move(network));
    }
    sync.payload = std::move(*in.mutable_payload());
    return sync;
}

result<std::vector<std::string>> decode_compound(std::string_view data) {
    wire::CompoundMessage in;
    if (!parse(in, data)) return unreadable("a compound");
    if (static_cast<std::size_t>(in.messages_size()) > most_parts)
        return bad("a compound", "number of messages");
    std::vector<std::string> parts;
    parts.reserve(static_cast<std::size_t>(in.messages_size()));
    for (auto& each : *in.mutable_messages()) parts.push_back(std::move(*each.mutable_payload()));
    return parts;
}

}  // namespace waggle::networkdb
