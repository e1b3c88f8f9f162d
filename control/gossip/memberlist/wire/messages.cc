#include "control/gossip/memberlist/wire/messages.hh"

#include <utility>

#include "control/gossip/memberlist/wire/fields.hh"

namespace waggle::gossip::wire {

namespace {

bytes begin(message_type type) {
    return {static_cast<std::uint8_t>(type)};
}

error refused(const char* what, const msgpack::reader& in) {
    return error{std::string(what) + ": " + in.failure().message};
}

unsigned source_fields(const ip_endpoint& source, const std::string& name) {
    return (source.port != 0 ? 2U : 0U) + (name.empty() ? 0U : 1U);
}

/// The keys of a message are sorted: SourceAddr, SourceNode, SourcePort.
void write_source(msgpack::writer& out, const ip_endpoint& source, const std::string& name) {
    if (source.port != 0) {
        out.text("SourceAddr");
        out.raw(source.ip.wire_bytes());
    }
    if (!name.empty()) {
        out.text("SourceNode");
        out.text(name);
    }
    if (source.port != 0) {
        out.text("SourcePort");
        out.number(source.port);
    }
}

/// A source without a valid address counts as none: the answer goes to where the datagram came from.
void settle_source(ip_endpoint& source, bool address_given) {
    if (!address_given || source.port == 0) source = {};
}

}  // namespace

bytes ping::encode() const {
    bytes message = begin(message_type::ping);
    msgpack::writer out(message);
    out.map(2 + source_fields(source, source_node));
    out.text("Node");
    out.text(node);
    out.text("SeqNo");
    out.number(sequence);
    write_source(out, source, source_node);
    return message;
}

result<ping> ping::decode(byte_view body) {
    ping message;
    bool sourced = false;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "SeqNo")
            message.sequence = read_u32(in);
        else if (key == "Node")
            message.node = read_name(in);
        else if (key == "SourceAddr")
            message.source.ip = read_address(in, sourced);
        else if (key == "SourcePort")
            message.source.port = read_port(in);
        else if (key == "SourceNode")
            message.source_node = read_name(in);
        else
            return false;
        return true;
    });
    if (in.failed()) return refused("ping", in);
    settle_source(message.source, sourced);
    return message;
}

bytes indirect_ping::encode() const {
    bytes message = begin(message_type::indirect_ping);
    msgpack::writer out(message);
    out.map(5 + source_fields(source, source_node));
    out.text("Nack");
    out.boolean(wants_nack);
    out.text("Node");
    out.text(node);
    out.text("Port");
    out.number(target.port);
    out.text("SeqNo");
    out.number(sequence);
    write_source(out, source, source_node);
    out.text("Target");
    out.raw(target.ip.wire_bytes());
    return message;
}

result<indirect_ping> indirect_ping::decode(byte_view body) {
    indirect_ping message;
    bool sourced = false;
    bool targeted = false;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "SeqNo")
            message.sequence = read_u32(in);
        else if (key == "Target")
            message.target.ip = read_address(in, targeted);
        else if (key == "Port")
            message.target.port = read_port(in);
        else if (key == "Node")
            message.node = read_name(in);
        else if (key == "Nack")
            message.wants_nack = in.boolean();
        else if (key == "SourceAddr")
            message.source.ip = read_address(in, sourced);
        else if (key == "SourcePort")
            message.source.port = read_port(in);
        else if (key == "SourceNode")
            message.source_node = read_name(in);
        else
            return false;
        return true;
    });
    if (in.failed()) return refused("indirect ping", in);
    if (!targeted || message.target.port == 0) return error{"indirect ping: it has no target"};
    settle_source(message.source, sourced);
    return message;
}

bytes ack::encode() const {
    bytes message = begin(message_type::ack);
    msgpack::writer out(message);
    out.map(2);
    out.text("Payload");
    if (payload.empty())
        out.nil();
    else
        out.raw(payload);
    out.text("SeqNo");
    out.number(sequence);
    return message;
}

result<ack> ack::decode(byte_view body) {
    ack message;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "SeqNo")
            message.sequence = read_u32(in);
        else if (key == "Payload")
            message.payload = copy_of(in.raw(payload_limit));
        else
            return false;
        return true;
    });
    if (in.failed()) return refused("ack", in);
    return message;
}

bytes nack::encode() const {
    bytes message = begin(message_type::nack);
    msgpack::writer out(message);
    out.map(1);
    out.text("SeqNo");
    out.number(sequence);
    return message;
}

result<nack> nack::decode(byte_view body) {
    nack message;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key != "SeqNo") return false;
        message.sequence = read_u32(in);
        return true;
    });
    if (in.failed()) return refused("nack", in);
    return message;
}

bytes accusation::encode(message_type as) const {
    bytes message = begin(as);
    msgpack::writer out(message);
    out.map(3);
    out.text("From");
    out.text(from);
    out.text("Incarnation");
    out.number(incarnation);
    out.text("Node");
    out.text(node);
    return message;
}

result<accusation> accusation::decode(byte_view body) {
    accusation message;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "Incarnation")
            message.incarnation = read_u32(in);
        else if (key == "Node")
            message.node = read_name(in);
        else if (key == "From")
            message.from = read_name(in);
        else
            return false;
        return true;
    });
    if (in.failed()) return refused("suspect or dead", in);
    return message;
}

bytes alive::encode() const {
    bytes message = begin(message_type::alive);
    msgpack::writer out(message);
    out.map(6);
    out.text("Addr");
    out.raw(address.ip.wire_bytes());
    out.text("Incarnation");
    out.number(incarnation);
    out.text("Meta");
    out.raw(meta);
    out.text("Node");
    out.text(node);
    out.text("Port");
    out.number(address.port);
    out.text("Vsn");
    out.raw(versions);
    return message;
}

result<alive> alive::decode(byte_view body) {
    alive message;
    bool addressed = false;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "Incarnation")
            message.incarnation = read_u32(in);
        else if (key == "Node")
            message.node = read_name(in);
        else if (key == "Addr")
            message.address.ip = read_address(in, addressed);
        else if (key == "Port")
            message.address.port = read_port(in);
        else if (key == "Meta")
            message.meta = copy_of(in.raw(meta_limit));
        else if (key == "Vsn")
            read_versions(in, message.versions);
        else
            return false;
        return true;
    });
    if (in.failed()) return refused("alive", in);
    if (!addressed || message.address.port == 0) return error{"alive: it has no address"};
    if (message.node.empty()) return error{"alive: it has no name"};
    return message;
}

bytes encode_err(std::string_view why) {
    bytes message = begin(message_type::err);
    msgpack::writer out(message);
    out.map(1);
    out.text("Error");
    out.text(why);
    return message;
}

result<std::string> decode_err(byte_view body) {
    std::string why;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key != "Error") return false;
        why = std::string(in.text(payload_limit));
        return true;
    });
    if (in.failed()) return refused("err", in);
    return why;
}

}  // namespace waggle::gossip::wire
