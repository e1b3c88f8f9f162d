#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "control/gossip/core/random.hh"
#include "control/moment.hh"
#include "control/swarm/identity/identity.hh"
#include "control/swarm/wire/ca.pb.h"
#include "control/swarm/wire/dispatcher.pb.h"
#include "control/swarm/wire/resource.pb.h"
#include "control/swarm/wire/saved.pb.h"

/// The protocol core is events in, effects out: no clock, no socket, no disk, no thread.
namespace waggle::control::swarm {

namespace wire = docker::swarmkit::v1;

/// The time of an event: the monotonic clock for waiting, the wall clock for certificates.
struct instant {
    moment now;
    std::chrono::system_clock::time_point wall;
};

/// Later than every moment that occurs.
inline constexpr moment never = moment::max();

/// A connection to one manager, a call on one, a stream on one; each number is used once.
using link_id = std::uint64_t;
using call_id = std::uint64_t;
using stream_id = std::uint64_t;

/// How a manager is told from an impostor.
enum class trust : std::uint8_t {
    /// Not at all: only to fetch the root, which the token's digest then proves.
    none,
    /// By the pinned root, as "swarm-ca"; this host shows no certificate.
    joining,
    /// By the root, as "swarm-manager"; this host shows its certificate.
    member,
};

/// The codes of gRPC that mean something here; every other one is `unknown`.
enum class call_code : std::uint8_t {
    ok,
    unknown,
    invalid_argument,
    deadline_exceeded,
    not_found,
    permission_denied,
    resource_exhausted,
    failed_precondition,
    aborted,
    unavailable,
    unauthenticated,
};

struct call_status {
    call_code code = call_code::ok;
    std::string message;
    bool ok() const { return code == call_code::ok; }
};

using manager_request =
    std::variant<wire::GetRootCACertificateRequest, wire::IssueNodeCertificateRequest,
                 wire::NodeCertificateStatusRequest, wire::HeartbeatRequest, wire::UpdateTaskStatusRequest,
                 wire::AttachNetworkRequest, wire::DetachNetworkRequest>;
/// In the order of `manager_request`.
using manager_response =
    std::variant<wire::GetRootCACertificateResponse, wire::IssueNodeCertificateResponse,
                 wire::NodeCertificateStatusResponse, wire::HeartbeatResponse, wire::UpdateTaskStatusResponse,
                 wire::AttachNetworkResponse, wire::DetachNetworkResponse>;

/// Connects at the first call on it.
struct open_link {
    link_id link = 0;
    /// "ip:port" or "name:port".
    std::string address;
    trust checks = trust::none;
    /// PEM; empty where `checks` needs none.
    std::string root;
    std::string certificate;
    private_key key;
};
/// Ends all calls and streams of the link; nothing more is heard of them.
struct close_link {
    link_id link = 0;
};
struct open_session {
    link_id link = 0;
    stream_id stream = 0;
    wire::SessionRequest what;
};
struct open_assignments {
    link_id link = 0;
    stream_id stream = 0;
    wire::AssignmentsRequest what;
};
/// Nothing more is heard of the stream.
struct close_stream {
    stream_id stream = 0;
};
/// Ends with one answer or a failure, `deadline_exceeded` after `timeout` at the latest.
struct start_call {
    link_id link = 0;
    call_id call = 0;
    manager_request what;
    std::chrono::milliseconds timeout{};
};
/// Answered by key_made().
struct make_key {};
/// Answered by identity_kept().
struct keep_identity {
    identity what;
};
struct forget_identity {};
struct keep_state {
    waggle::swarm::SavedState what;
};
struct keep_keys {
    waggle::swarm::SavedKeys what;
};
/// The join's outcome.
struct joined {
    result<void> outcome;
};
/// The leave is over.
struct left {};
/// A line for the log.
struct log_line {
    bool warning = false;
    std::string text;
};

using effect =
    std::variant<open_link, close_link, open_session, open_assignments, close_stream, start_call, make_key,
                 keep_identity, forget_identity, keep_state, keep_keys, joined, left, log_line>;

/// What the parts of one core share: where effects go, in order, and what numbers and chance are taken from.
struct outbox {
    explicit outbox(std::uint64_t seed) : random(seed) {}

    std::vector<effect> effects;
    gossip::random_source random;
    /// Of links, calls and streams alike.
    std::uint64_t last_id = 0;

    std::uint64_t next_id() { return ++last_id; }
    call_id call(link_id on, manager_request what, std::chrono::milliseconds timeout) {
        const call_id id = next_id();
        effects.emplace_back(start_call{on, id, std::move(what), timeout});
        return id;
    }
    void log(std::string text) { effects.emplace_back(log_line{false, std::move(text)}); }
    void warn(std::string text) { effects.emplace_back(log_line{true, std::move(text)}); }
};

}  // namespace waggle::control::swarm
