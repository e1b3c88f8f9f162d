#include "control/gossip/memberlist/wire/push_pull.hh"

#include <algorithm>
#include <utility>

#include "control/gossip/memberlist/wire/fields.hh"

namespace waggle::gossip::wire {

namespace {

constexpr std::uint64_t int_limit = 0x7fff'ffff;

push_pull_node read_node(msgpack::reader& in, bool& valid) {
    push_pull_node node;
    bool addressed = false;
    std::uint64_t state = 0;
    read_fields(in, [&](std::string_view key) {
        if (key == "Name")
            node.name = read_name(in);
        else if (key == "Addr")
            node.address.ip = read_address(in, addressed);
        else if (key == "Port")
            node.address.port = read_port(in);
        else if (key == "Meta")
            node.meta = copy_of(in.raw(meta_limit));
        else if (key == "Incarnation")
            node.incarnation = read_u32(in);
        else if (key == "State")
            state = in.number(int_limit);
        else if (key == "Vsn")
            read_versions(in, node.versions);
        else
            return false;
        return true;
    });
    valid = addressed && node.address.port != 0 && !node.name.empty() && state <= 3;
    node.state = static_cast<member_state>(state & 3);
    return node;
}

}  // namespace

push_pull_writer::push_pull_writer(std::size_t nodes, std::size_t user_state_size, bool join)
    : _message{static_cast<std::uint8_t>(message_type::push_pull)} {
    _message.reserve(64 + nodes * 96 + user_state_size);
    msgpack::writer out(_message);
    out.map(3);
    out.text("Join");
    out.boolean(join);
    out.text("Nodes");
    out.number(nodes);
    out.text("UserStateLen");
    out.number(user_state_size);
}

void push_pull_writer::add(const member& node) {
    msgpack::writer out(_message);
    out.map(7);
    out.text("Addr");
    out.raw(node.address.ip.wire_bytes());
    out.text("Incarnation");
    out.number(node.incarnation);
    out.text("Meta");
    out.raw(node.meta);
    out.text("Name");
    out.text(node.name);
    out.text("Port");
    out.number(node.address.port);
    out.text("State");
    out.number(static_cast<std::uint64_t>(node.state));
    out.text("Vsn");
    out.raw(node.versions);
}

bytes push_pull_writer::finish(byte_view user_state) && {
    append(_message, user_state);
    return std::move(_message);
}

result<push_pull> decode_push_pull(byte_view body, const push_pull_limits& limits) {
    push_pull whole;
    std::uint64_t nodes = 0;
    std::uint64_t user_state = 0;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "Nodes")
            nodes = in.number(int_limit);
        else if (key == "UserStateLen")
            user_state = in.number(int_limit);
        else if (key == "Join")
            whole.join = in.boolean();
        else
            return false;
        return true;
    });
    if (in.failed()) return error{"push/pull: " + in.failure().message};
    if (nodes > limits.nodes)
        return error{"push/pull: " + std::to_string(nodes) + " nodes are more than the limit of " +
                     std::to_string(limits.nodes)};
    if (user_state > limits.user_state) return error{"push/pull: the user state is longer than allowed"};
    // A node takes more than its map's byte and its name's: what cannot be there is not reserved.
    whole.nodes.reserve(std::min<std::size_t>(nodes, in.left().size() / 16));
    for (std::uint64_t i = 0; i < nodes; ++i) {
        bool valid = false;
        whole.nodes.push_back(read_node(in, valid));
        if (in.failed()) return error{"push/pull: " + in.failure().message};
        if (!valid) {
            whole.nodes.pop_back();
            ++whole.nodes_refused;
        }
    }
    whole.user_state = copy_of(in.bytes_as_they_are(static_cast<std::size_t>(user_state)));
    if (in.failed()) return error{"push/pull: the user state is cut off"};
    return whole;
}

bytes encode_user_stream(byte_view message) {
    bytes whole{static_cast<std::uint8_t>(message_type::user)};
    whole.reserve(message.size() + 24);
    msgpack::writer out(whole);
    out.map(1);
    out.text("UserMsgLen");
    out.number(message.size());
    append(whole, message);
    return whole;
}

result<byte_view> decode_user_stream(byte_view body) {
    std::uint64_t size = 0;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key != "UserMsgLen") return false;
        size = in.number(int_limit);
        return true;
    });
    const byte_view message = in.bytes_as_they_are(static_cast<std::size_t>(size));
    if (in.failed()) return error{"user message on a stream: " + in.failure().message};
    return message;
}

}  // namespace waggle::gossip::wire
