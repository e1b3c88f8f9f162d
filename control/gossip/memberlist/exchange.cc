#include <cmath>
#include <utility>

#include "control/gossip/memberlist/memberlist_state.hh"

namespace waggle::gossip {

namespace {

bool is(byte_view message, wire::message_type type) {
    return !message.empty() && message[0] == static_cast<std::uint8_t>(type);
}

/// Large clusters exchange less often: the work of one exchange grows with their size.
duration push_pull_period(duration interval, std::size_t members) {
    constexpr double unscaled = 32;
    if (static_cast<double>(members) <= unscaled) return interval;
    return interval * (1 + static_cast<int>(std::ceil(std::log2(static_cast<double>(members) / unscaled))));
}

}  // namespace

stream_id memberlist::state::open(const stream& what, bytes message, duration timeout) {
    const stream_id id = _next_stream++;
    ++_counters.streams_opened;
    _counters.stream_bytes_sent += message.size();
    _effects.streams.push_back({id, what.to, std::move(message), what.what != purpose::user, timeout});
    _streams.emplace(id, what);
    return id;
}

std::optional<memberlist::state::stream> memberlist::state::take_stream(stream_id id) {
    const auto found = _streams.find(id);
    if (found == _streams.end()) return std::nullopt;
    const stream taken = found->second;
    _streams.erase(found);
    return taken;
}

bytes memberlist::state::local_push_pull(bool join, time_point now) {
    const bytes user_state = _delegate.local_state(join, now);
    wire::push_pull_writer out(_members.size(), user_state.size(), join);
    for (const listed_member* one : _members.order()) out.add(one->who);
    return std::move(out).finish(user_state);
}

void memberlist::state::push_pull_with(const ip_endpoint& to, bool join, time_point now) {
    open({join ? purpose::join : purpose::push_pull, to, 0}, local_push_pull(join, now),
         _settings.stream_timeout);
}

void memberlist::state::push_pull_next(time_point now) {
    _next_push_pull = now + push_pull_period(_settings.push_pull_interval, _members.size());
    const auto is_alive = [&](const member& who) {
        return who.state == member_state::alive && who.name != self().name;
    };
    for (const listed_member* one : _members.choose(1, _random, is_alive))
        push_pull_with(one->who.address, false, now);
}

void memberlist::state::merge(const wire::push_pull& theirs, time_point now) {
    _counters.malformed += theirs.nodes_refused;
    for (const wire::push_pull_node& node : theirs.nodes) {
        switch (node.state) {
            case member_state::alive:
                hear_alive({node.incarnation, node.name, node.address, node.meta, node.versions}, now);
                break;
            case member_state::left:
                hear_dead({node.incarnation, node.name, node.name}, now);
                break;
            // Somebody else's verdict is a suspicion here, which the accused can refute.
            case member_state::dead:
            case member_state::suspect:
                hear_suspect({node.incarnation, node.name, self().name}, now);
                break;
        }
    }
    if (!theirs.user_state.empty()) _delegate.merge_remote_state(theirs.user_state, theirs.join, now);
}

void memberlist::state::receive_stream(stream_id id, const ip_endpoint& from, byte_view message,
                                       time_point now) {
    ++_counters.streams_received;
    _counters.stream_bytes_received += message.size();
    const auto answer = [&](bytes what) {
        _counters.stream_bytes_sent += what.size();
        _effects.answers.push_back({id, std::move(what)});
    };
    if (is(message, wire::message_type::push_pull)) {
        const result<wire::push_pull> theirs =
            wire::decode_push_pull(message.subspan(1), {_settings.members_limit, _settings.user_state_limit});
        if (!theirs) {
            ++_counters.malformed;
            return answer(wire::encode_err(theirs.failure().message));
        }
        // The own state goes out first, as it was before the merge.
        answer(local_push_pull(theirs->join, now));
        return merge(*theirs, now);
    }
    if (is(message, wire::message_type::ping)) {
        const auto asked = wire::ping::decode(message.subspan(1));
        if (!asked) {
            ++_counters.malformed;
        } else if (asked->node.empty() || asked->node == self().name) {
            heard_from(asked->source_node, now);
            answer(wire::ack{asked->sequence, {}}.encode());
        }
        return;
    }
    if (is(message, wire::message_type::user)) {
        const result<byte_view> user = wire::decode_user_stream(message.subspan(1));
        if (user) return _delegate.user_message(from, *user, now);
    }
    ++_counters.malformed;
}

void memberlist::state::stream_answered(stream_id id, byte_view message, time_point now) {
    const auto found = _streams.find(id);
    if (found == _streams.end()) return;
    _counters.stream_bytes_received += message.size();
    const stream what = found->second;
    if (what.what == purpose::ping) {
        const auto answer = is(message, wire::message_type::ack) ? wire::ack::decode(message.subspan(1))
                                                                 : result<wire::ack>(error{"no ack"});
        if (answer && _probe && answer->sequence == what.sequence && _probe->sequence == what.sequence)
            _probe->reached_by_tcp = true;
        _streams.erase(found);
        return;
    }
    if (is(message, wire::message_type::err)) {
        const result<std::string> why = wire::decode_err(message.subspan(1));
        return stream_ended(id, false, "it says: " + (why ? *why : "an error that is not readable"), now);
    }
    if (!is(message, wire::message_type::push_pull))
        return stream_ended(id, false, "it answers a push/pull with something else", now);
    const result<wire::push_pull> theirs =
        wire::decode_push_pull(message.subspan(1), {_settings.members_limit, _settings.user_state_limit});
    if (!theirs) {
        ++_counters.malformed;
        return stream_ended(id, false, theirs.failure().message, now);
    }
    merge(*theirs, now);
    stream_ended(id, true, {}, now);
}

void memberlist::state::stream_ended(stream_id id, bool well, const std::string& why, time_point now) {
    const std::optional<stream> ended = take_stream(id);
    if (!ended) return;
    switch (ended->what) {
        case purpose::ping:
            return;
        case purpose::user:
            return _delegate.reliable_sent(id, well, now);
        case purpose::join:
        case purpose::push_pull:
            break;
    }
    ++(well ? _counters.push_pulls : _counters.push_pulls_failed);
    if (!well) log(notice::importance::debug, "gossip: push/pull with " + ended->to.to_string() + ": " + why);
    if (ended->what == purpose::join) _delegate.join_finished(ended->to, well, now);
}

}  // namespace waggle::gossip
