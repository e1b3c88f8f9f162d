#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hh"
#include "control/gossip/keyring/keyring.hh"
#include "control/moment.hh"
#include "control/overlay/member_config.hh"
#include "control/swarm/membership.hh"

namespace waggle::control {

/// What was asked for last, to join or to leave, and how it went.
struct member_attempt {
    enum class kind : std::uint8_t { none, join, leave };
    kind what = kind::none;
    bool running = false;
    /// One sentence with the remedy; empty while it runs and if it was done.
    std::string failure;
};

/// This host as a member of a Docker swarm, as far as the agent goes: what it asks of the managers, and what
/// its configuration becomes by their answers. Every function is for the agent's thread.
class member_host {
public:
    using changed_callback = std::function<void()>;
    /// Makes the membership; told of its changes.
    using opener = std::function<result<std::unique_ptr<swarm::membership>>(swarm::membership::callbacks)>;

    /// `changed`: view(), attempt() or what follow() gives are others.
    static result<std::unique_ptr<member_host>> open(const opener& open_membership, changed_callback changed);

    const swarm::view& view() const { return _membership->state(); }
    const member_attempt& attempt() const { return _attempt; }
    /// The managers count this host among theirs, and it is not about to leave.
    bool is_member() const;

    /// Asks for the attachments of a configuration and gives what becomes of it.
    const member_config& follow(const config::config& file);
    /// What follow() gave last.
    const member_config& config() const { return _config; }
    /// Nothing that an earlier life of this host forwarded by is still to be heard of.
    bool settled() const;

    /// Fails at once if it makes no sense now; how it goes on is attempt()'s. `done`: it went well.
    result<void> join(std::string token, std::vector<std::string> managers, std::function<void()> done);
    /// Joining failed before the managers could be asked.
    void could_not_join(std::string why) { _attempt = {member_attempt::kind::join, false, std::move(why)}; }
    /// From now on follow() gives nothing of the swarm; finish_leave() ends it.
    result<void> begin_leave();
    /// After begin_leave(), once others were told: gives everything back. `done`: it went well.
    void finish_leave(std::function<void()> done);
    bool is_leaving() const { return _attempt.what == member_attempt::kind::leave && _attempt.running; }
    /// See swarm::membership::stop().
    void stop(bool release, std::function<void()> done) { _membership->stop(release, std::move(done)); }

    /// When this process first saw the keys of the session, by Lamport time.
    const std::map<std::uint64_t, moment>& keys_seen() const { return _keys_seen; }

private:
    explicit member_host(changed_callback changed) : _changed(std::move(changed)) {}
    void end_attempt(const result<void>& how);
    void note_keys();

    changed_callback _changed;
    std::unique_ptr<swarm::membership> _membership;
    member_attempt _attempt;
    member_config _config;
    std::map<std::string, swarm::wanted_attachment> _wanted;
    /// The membership was told.
    bool _wants = false;
    std::map<std::uint64_t, moment> _keys_seen;
};

/// The keys of the gossip, of which the middle one by age seals; fails while there are none.
result<gossip::keyring> gossip_keys_of(const swarm::view& member);

}  // namespace waggle::control
