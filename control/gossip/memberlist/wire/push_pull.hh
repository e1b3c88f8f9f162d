#pragma once

#include <vector>

#include "common/result.hh"
#include "control/gossip/memberlist/member.hh"
#include "control/gossip/memberlist/wire/messages.hh"

namespace waggle::gossip::wire {

/// One member as a push/pull carries it.
struct push_pull_node {
    std::string name;
    ip_endpoint address;
    bytes meta;
    std::uint32_t incarnation = 0;
    member_state state = member_state::alive;
    std::array<std::uint8_t, 6> versions{};
    friend bool operator==(const push_pull_node&, const push_pull_node&) = default;
};

/// The exchange of everything two hosts know: members, then the delegate's state.
struct push_pull {
    bool join = false;
    std::vector<push_pull_node> nodes;
    bytes user_state;
    /// Nodes without a name, with an address of neither family or of an unknown state: left out, so that one
    /// bad record that somebody spreads does not keep everybody from exchanging the others.
    std::size_t nodes_refused = 0;
    friend bool operator==(const push_pull&, const push_pull&) = default;
};

/// Writes a push/pull member by member, without a copy of the whole list.
class push_pull_writer {
public:
    push_pull_writer(std::size_t nodes, std::size_t user_state_size, bool join);
    void add(const member& node);
    /// After exactly the promised number of nodes: the message with its type byte.
    bytes finish(byte_view user_state) &&;

private:
    bytes _message;
};

/// What one push/pull may hold.
struct push_pull_limits {
    std::size_t nodes = 65'536;
    std::size_t user_state = std::size_t{64} << 20;
};

/// All or nothing, but for the nodes that nodes_refused counts.
result<push_pull> decode_push_pull(byte_view body, const push_pull_limits& limits);

/// A user message on a stream: header and bytes.
bytes encode_user_stream(byte_view message);
/// A view into `body`.
result<byte_view> decode_user_stream(byte_view body);

}  // namespace waggle::gossip::wire
