#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/swarm/core/assignments.hh"
#include "control/swarm/core/attachment_keeper.hh"
#include "control/swarm/core/effects.hh"
#include "control/swarm/core/enrolment.hh"
#include "control/swarm/core/manager_list.hh"
#include "control/swarm/core/renewal.hh"
#include "control/swarm/core/session.hh"
#include "control/swarm/core/status_reporter.hh"
#include "control/swarm/membership.hh"

namespace waggle::control::swarm {

/// The whole membership as a deterministic state machine: an event with its time in, then take_effects().
/// Whoever runs it calls advance() at next_wake() or later. Time never goes back from event to event.
class member {
public:
    /// `description`: what this host is, without its TLS part.
    member(wire::NodeDescription description, std::uint64_t seed)
        : _description(std::move(description)), _out(seed) {}

    /// What the disk had. Without an identity the host is outside of any swarm.
    void start(std::optional<identity> self, waggle::swarm::SavedState state,
               const waggle::swarm::SavedKeys& keys, instant at);
    /// There is an identity on the disk, and it is of no use.
    void start_without(const error& why);
    void join(std::string token, std::vector<std::string> managers, instant at);
    void want(std::map<std::string, wanted_attachment> wanted, instant at);
    /// Gives all back and forgets who it was; the effect `left` ends it.
    void leave(instant at);
    /// Over when over() says so.
    void stop(bool release, instant at);
    bool over() const { return _ending == ending::done; }

    void session_heard(stream_id stream, const wire::SessionMessage& message, instant at);
    void assignments_heard(stream_id stream, wire::AssignmentsMessage message, instant at);
    void stream_ended(stream_id stream, const call_status& why, instant at);
    void answered(call_id call, const call_status& status, const manager_response& what, instant at);
    void key_made(result<certificate_request> made, instant at);
    void identity_kept(const result<void>& kept, instant at);

    void advance(instant at);
    moment next_wake() const;
    std::vector<effect> take_effects() { return std::exchange(_out.effects, {}); }
    /// The view if it is another than at the last call.
    std::optional<view> take_view();

private:
    enum class ending : std::uint8_t { none, releasing_to_stop, releasing_to_leave, done };

    void take_up(identity self, instant at);
    void after(session::outcome what, instant at);
    void lost(instant at);
    void expel(std::string why, instant at);
    void read_session(const wire::SessionMessage& message, instant at);
    void read_keys(const google::protobuf::RepeatedPtrField<wire::EncryptionKey>& keys);
    void read_node(const wire::Node& node);
    void read_root(const std::string& root);
    void finish_enrolment();
    void keep_new_identity(identity made);
    void end(instant at);
    void proceed(instant at);
    bool ready() const { return _session.registered() && _heard_complete; }
    void changed() { _view_changed = true; }
    void save_soon(instant at);
    void save();
    void fill_attachments();
    std::string problem_now() const;

    wire::NodeDescription _description;
    outbox _out;
    std::optional<identity> _self;
    /// On its way to the disk.
    std::optional<identity> _new_self;
    bool _enrolled = false;
    manager_list _managers;
    enrolment _enrolment;
    renewal _renewal;
    session _session;
    assignments _assignments;
    status_reporter _reporter;
    attachment_keeper _keeper;
    std::map<std::string, wanted_attachment> _wanted;
    bool _wanted_told = false;
    /// Of the present session.
    bool _heard_complete = false;
    wire::Node _node;
    ending _ending = ending::none;
    moment _end_by = never;
    moment _save_at = never;
    moment _clock_at = moment::min();
    bool _view_changed = true;
    bool _attachments_changed = true;
    view _view;
};

}  // namespace waggle::control::swarm
