#include <algorithm>
#include <iterator>
#include <utility>

#include "control/gossip/memberlist/memberlist_state.hh"
#include "control/gossip/memberlist/wire/compound.hh"

namespace waggle::gossip {

unsigned memberlist::state::transmit_limit() const {
    return retransmit_limit(_settings.retransmit_multiplier, _members.size());
}

void memberlist::state::broadcast(const std::string& about, bytes message) {
    _broadcasts.push(about, std::move(message));
}

void memberlist::state::send_alone(const ip_endpoint& to, bytes message) {
    ++_counters.packets_sent;
    _counters.packet_bytes_sent += message.size();
    _effects.packets.push_back({to, std::move(message)});
}

std::vector<bytes> memberlist::state::take_broadcasts(std::size_t limit) {
    constexpr std::size_t user_overhead = wire::compound_overhead + 1;
    // Stock gives the delegate what room is left. While hundreds of hosts start there is none for a minute,
    // and the word of who is in which network, which everything else waits for, would not get through.
    const std::size_t wanted = _broadcasts.bytes_waiting() + _broadcasts.size() * wire::compound_overhead;
    const std::size_t left = limit - std::min(limit, wanted);
    std::vector<bytes> others;
    _delegate.get_broadcasts(user_overhead, std::max(limit / 2, left), others);
    std::size_t used = 0;
    for (bytes& one : others) {
        used += user_overhead + one.size();
        one.insert(one.begin(), static_cast<std::uint8_t>(wire::message_type::user));
    }
    std::vector<bytes> taken;
    if (used < limit) _broadcasts.take(wire::compound_overhead, limit - used, transmit_limit(), taken);
    std::move(others.begin(), others.end(), std::back_inserter(taken));
    return taken;
}

void memberlist::state::send(const ip_endpoint& to, bytes message) {
    const std::size_t taken = _settings.sealing_overhead + wire::compound_header_overhead +
                              wire::compound_overhead + message.size();
    if (taken >= _settings.packet_limit) return send_alone(to, std::move(message));
    std::vector<bytes> parts = take_broadcasts(_settings.packet_limit - taken);
    if (parts.empty()) return send_alone(to, std::move(message));
    parts.insert(parts.begin(), std::move(message));
    // A packet has no room for more parts than the count byte can tell.
    parts.resize(std::min(parts.size(), wire::compound_limit));
    send_alone(to, wire::make_compound(parts));
}

void memberlist::state::gossip(time_point now) {
    const auto listens = [&](const member& who) {
        if (who.name == self().name) return false;
        // The dead are told too for a while: one that is not, refutes.
        return who.present() ||
               (who.state == member_state::dead && now - who.state_since <= _settings.gossip_to_the_dead);
    };
    const std::size_t room =
        _settings.packet_limit - _settings.sealing_overhead - wire::compound_header_overhead;
    for (const listed_member* one : _members.choose(_settings.gossip_nodes, _random, listens)) {
        std::vector<bytes> parts = take_broadcasts(room);
        if (parts.empty()) return;
        parts.resize(std::min(parts.size(), wire::compound_limit));
        send_alone(one->who.address,
                   parts.size() == 1 ? std::move(parts.front()) : wire::make_compound(parts));
    }
}

void memberlist::state::receive_packet(const ip_endpoint& from, byte_view message, time_point now) {
    ++_counters.packets_received;
    _counters.packet_bytes_received += message.size();
    if (message.empty() || message[0] != static_cast<std::uint8_t>(wire::message_type::compound))
        return handle(from, message, now);
    const result<std::vector<byte_view>> parts = wire::split_compound(message.subspan(1));
    if (!parts) {
        ++_counters.malformed;
        return;
    }
    for (const byte_view part : *parts) handle(from, part, now);
}

void memberlist::state::handle(const ip_endpoint& from, byte_view message, time_point now) {
    const auto refuse = [&] { ++_counters.malformed; };
    if (message.empty()) return refuse();
    const byte_view body = message.subspan(1);
    switch (static_cast<wire::message_type>(message[0])) {
        case wire::message_type::ping: {
            const auto asked = wire::ping::decode(body);
            if (!asked) return refuse();
            // Meant for another name: this address belonged to an earlier life, which shall be found dead.
            if (!asked->node.empty() && asked->node != self().name) return;
            heard_from(asked->source_node, now);
            return send(asked->source.port != 0 ? asked->source : from,
                        wire::ack{asked->sequence, {}}.encode());
        }
        case wire::message_type::indirect_ping: {
            const auto asked = wire::indirect_ping::decode(body);
            if (!asked) return refuse();
            heard_from(asked->source_node, now);
            return relay_ping(from, *asked, now);
        }
        case wire::message_type::ack: {
            const auto answer = wire::ack::decode(body);
            return answer ? hear_ack(answer->sequence, now) : refuse();
        }
        case wire::message_type::nack: {
            const auto answer = wire::nack::decode(body);
            return answer ? hear_nack(answer->sequence) : refuse();
        }
        case wire::message_type::suspect: {
            const auto news = wire::accusation::decode(body);
            return news ? hear_suspect(*news, now) : refuse();
        }
        case wire::message_type::alive: {
            const auto news = wire::alive::decode(body);
            return news ? hear_alive(*news, now) : refuse();
        }
        case wire::message_type::dead: {
            const auto news = wire::accusation::decode(body);
            return news ? hear_dead(*news, now) : refuse();
        }
        case wire::message_type::user:
            return _delegate.user_message(from, body, now);
        default:
            return refuse();
    }
}

}  // namespace waggle::gossip
