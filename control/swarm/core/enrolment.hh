#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/swarm/core/back_off.hh"
#include "control/swarm/core/effects.hh"
#include "control/swarm/identity/join_token.hh"

namespace waggle::control::swarm {

/// The way from a join token to a certificate, one manager after the other until one of them gives it.
/// Nothing of the token leaves this host before the root is the token's and the manager has proved to be of
/// that root.
class enrolment {
public:
    /// Addresses are "host:port". Ends with finished().
    void start(join_token token, std::string text, std::vector<std::string> managers, outbox& out,
               instant at);
    void advance(outbox& out, instant at);
    void key_made(result<certificate_request> made, outbox& out, instant at);
    /// True if the call is one of its own.
    bool answered(call_id call, const call_status& status, const manager_response& what, outbox& out,
                  instant at);
    void cancel(outbox& out);

    bool running() const { return _step != step::none; }
    /// The identity or why there is none, once.
    std::optional<result<identity>> take_finished() { return std::exchange(_finished, std::nullopt); }
    /// The manager that the identity is of.
    const std::string& manager() const { return _managers[_at]; }
    moment next_wake() const { return _due; }

private:
    enum class step : std::uint8_t { none, root, key, issue, certificate };

    void try_manager(outbox& out);
    void ask_certificate(outbox& out);
    void root_answered(const wire::GetRootCACertificateResponse& answer, outbox& out);
    void certificate_answered(const wire::NodeCertificateStatusResponse& answer, outbox& out, instant at);
    /// Goes on with the next manager.
    void failed(const std::string& why, outbox& out);
    void finish(result<identity> outcome, outbox& out);

    step _step = step::none;
    join_token _token;
    std::string _text;
    std::vector<std::string> _managers;
    std::size_t _at = 0;
    std::string _failures;
    link_id _link = 0;
    call_id _call = 0;
    std::string _root;
    std::string _node_id;
    certificate_request _request;
    back_off _wait{std::chrono::seconds(1), std::chrono::seconds(30)};
    moment _due = never;
    moment _give_up = never;
    std::optional<result<identity>> _finished;
};

/// A failed call to a manager in one sentence.
std::string describe_failure(const std::string& address, const call_status& status);

}  // namespace waggle::control::swarm
