#include <algorithm>
#include <utility>

#include "control/gossip/memberlist/memberlist_state.hh"

namespace waggle::gossip {

namespace {

wire::alive describe(const member& who) {
    return {who.incarnation, who.name, who.address, who.meta, who.versions};
}

bool valid_versions(const std::array<std::uint8_t, 6>& versions) {
    return versions[0] != 0 && versions[1] != 0 && versions[0] <= versions[1];
}

}  // namespace

void memberlist::state::log(notice::importance level, std::string text) {
    _effects.notices.push_back({level, std::move(text)});
}

void memberlist::state::broadcast_self() {
    broadcast(self().name, describe(self()).encode());
}

void memberlist::state::heard_from(const std::string& name, time_point now) {
    if (listed_member* const who = _members.find(name)) who->who.last_heard = now;
}

void memberlist::state::end_suspicion(listed_member& who) {
    if (!who.suspected) return;
    _suspicions.erase({who.suspected->deadline(), who.suspicion_number});
    who.suspected.reset();
}

void memberlist::state::refute(std::uint32_t accused, time_point now) {
    _incarnation = std::max(_incarnation, accused) + 1;
    self().incarnation = _incarnation;
    self().last_heard = now;
    // To be accused of silence is a sign that something here is slow.
    _awareness = std::min(_awareness + 1, _settings.awareness_limit - 1);
    ++_counters.refutations;
    broadcast_self();
}

void memberlist::state::hear_alive(const wire::alive& news, time_point now) {
    const bool about_self = news.node == self().name;
    // After leaving, an old word about ourselves must not bring us back.
    if (about_self && _leaving) return;
    if (!valid_versions(news.versions)) return;
    listed_member* known = _members.find(news.node);
    bool moved = false;
    if (known == nullptr) {
        if (news.incarnation == 0) return;
        if (_members.size() >= _settings.members_limit) {
            ++_counters.malformed;
            return;
        }
        known = &_members.add({news.node, news.address, {}, news.versions, member_state::dead, 0, now, {}},
                              _random);
    } else if (known->who.address != news.address) {
        // A name may only move after its host has left; otherwise two hosts claim it.
        if (about_self || known->who.state != member_state::left) {
            ++_counters.name_conflicts;
            if (now >= _complain_from) {
                _complain_from = now + std::chrono::seconds(10);
                log(notice::importance::warning,
                    "gossip: " + news.address.to_string() + " and " + known->who.address.to_string() +
                        " both claim the name " + news.node + "; the second is believed");
            }
            return;
        }
        moved = true;
    }
    member& who = known->who;
    if (about_self) {
        const bool true_word =
            news.incarnation == who.incarnation && news.meta == who.meta && news.versions == who.versions;
        if (news.incarnation >= who.incarnation && !true_word) refute(news.incarnation, now);
        return;
    }
    if (news.incarnation <= who.incarnation && !moved) return;
    end_suspicion(*known);
    broadcast(news.node, news.encode());
    const bool was_present = who.present();
    const bool changed = who.meta != news.meta;
    who.incarnation = news.incarnation;
    who.address = news.address;
    who.meta = news.meta;
    who.versions = news.versions;
    if (who.state != member_state::alive) {
        who.state = member_state::alive;
        who.state_since = now;
    }
    if (!was_present) {
        ++_present;
        log(notice::importance::info, "gossip: " + who.name + " at " + who.address.to_string() + " joined");
        _delegate.node_joined(who, now);
    } else if (changed) {
        _delegate.node_updated(who, now);
    }
}

void memberlist::state::hear_suspect(const wire::accusation& news, time_point now) {
    listed_member* const known = _members.find(news.node);
    if (known == nullptr || news.incarnation < known->who.incarnation) return;
    if (known->suspected) {
        const std::pair before{known->suspected->deadline(), known->suspicion_number};
        if (!known->suspected->confirm(news.from)) return;
        _suspicions.erase(before);
        _suspicions.emplace(std::pair{known->suspected->deadline(), known->suspicion_number}, known);
        broadcast(news.node, news.encode(wire::message_type::suspect));
        return;
    }
    if (known->who.state != member_state::alive) return;
    if (known == _self) {
        refute(news.incarnation, now);
        return;
    }
    broadcast(news.node, news.encode(wire::message_type::suspect));
    known->who.incarnation = news.incarnation;
    known->who.state = member_state::suspect;
    known->who.state_since = now;
    known->suspicion_number = _next_suspicion++;
    known->suspected.emplace(news.from, _settings.suspicion_multiplier, _settings.suspicion_max_multiplier,
                             _members.size(), _settings.probe_interval, now);
    _suspicions.emplace(std::pair{known->suspected->deadline(), known->suspicion_number}, known);
    ++_counters.suspicions;
}

void memberlist::state::expire_suspicions(time_point now) {
    while (!_suspicions.empty() && _suspicions.begin()->first.first <= now) {
        const member& who = _suspicions.begin()->second->who;
        // Ends the suspicion, and with it this entry.
        hear_dead({who.incarnation, who.name, self().name}, now);
    }
}

void memberlist::state::hear_dead(const wire::accusation& news, time_point now) {
    listed_member* const known = _members.find(news.node);
    if (known == nullptr || news.incarnation < known->who.incarnation) return;
    end_suspicion(*known);
    member& who = known->who;
    if (!who.present()) return;
    if (known == _self && !_leaving) {
        refute(news.incarnation, now);
        return;
    }
    broadcast(news.node, news.encode(wire::message_type::dead));
    who.incarnation = news.incarnation;
    who.state = news.node == news.from ? member_state::left : member_state::dead;
    who.state_since = now;
    --_present;
    if (known == _self) return;
    if (who.state == member_state::dead) ++_counters.deaths;
    log(notice::importance::info, "gossip: " + who.name + " at " + who.address.to_string() +
                                      (who.state == member_state::left ? " left" : " is dead"));
    _delegate.node_left(who, now);
}

}  // namespace waggle::gossip
