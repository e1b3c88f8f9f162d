#include "control/swarm/core/enrolment.hh"

#include <utility>

#include "control/swarm/core/network_reader.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

constexpr auto call_timeout = 10s;
/// The manager holds the answer back until the certificate is made.
constexpr auto certificate_timeout = 30s;
/// For a certificate that a manager has promised; an operator may have to accept the node first.
constexpr auto patience = 120s;
constexpr std::size_t largest_pem = std::size_t{64} * 1024;

bool has(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

std::string describe_failure(const std::string& address, const call_status& status) {
    const std::string of = "manager " + address;
    const std::string& said = status.message;
    if (has(said, "andshake") || has(said, "certificate") || has(said, "is not in peer"))
        return of + " has no TLS certificate that this swarm's root stands for (" + said +
               "): it is of another swarm or no manager at all";
    if (status.code == call_code::unavailable || status.code == call_code::deadline_exceeded)
        return of + " can't be reached or does not answer (" + said + ")";
    return of + " refuses: " + said;
}

void enrolment::start(join_token token, std::string text, std::vector<std::string> managers, outbox& out,
                      instant at) {
    cancel(out);
    _finished.reset();
    _token = token;
    _text = std::move(text);
    _managers = std::move(managers);
    _at = 0;
    _failures.clear();
    _request = {};
    _due = never;
    _give_up = at.now + patience;
    try_manager(out);
}

void enrolment::try_manager(outbox& out) {
    _step = step::root;
    _link = out.next_id();
    out.effects.emplace_back(open_link{_link, _managers[_at], trust::none, {}, {}, {}});
    _call = out.call(_link, wire::GetRootCACertificateRequest(), call_timeout);
}

void enrolment::cancel(outbox& out) {
    if (_link != 0) out.effects.emplace_back(close_link{_link});
    _link = 0;
    _call = 0;
    _due = never;
    _step = step::none;
    wipe(_text);
}

void enrolment::finish(result<identity> outcome, outbox& out) {
    cancel(out);
    _request = {};
    _finished = std::move(outcome);
}

void enrolment::failed(const std::string& why, outbox& out) {
    _failures += (_failures.empty() ? "" : "; ") + why;
    out.effects.emplace_back(close_link{_link});
    _link = 0;
    _call = 0;
    if (++_at < _managers.size()) return try_manager(out);
    _at = 0;
    finish(error{"no manager gave this host a certificate: " + _failures}, out);
}

void enrolment::key_made(result<certificate_request> made, outbox& out, instant) {
    if (_step != step::key) return;
    if (!made) return finish(made.failure(), out);
    _request = std::move(*made);
    _step = step::issue;
    wire::IssueNodeCertificateRequest request;
    request.set_csr(_request.request);
    request.set_token(_text);
    request.set_availability(wire::NodeSpec::ACTIVE);
    _call = out.call(_link, std::move(request), call_timeout);
}

void enrolment::root_answered(const wire::GetRootCACertificateResponse& answer, outbox& out) {
    if (!_token.pins(answer.certificate()))
        return failed(
            "manager " + _managers[_at] +
                " has another root certificate than the token tells: the token is of another swarm or of "
                "before a root rotation, or this is no manager of it",
            out);
    if (answer.certificate().size() > largest_pem || !is_certificates(answer.certificate()))
        return failed("manager " + _managers[_at] + " has a root that is no certificate", out);
    _root = answer.certificate();
    // The connection that proved nothing is not used again.
    out.effects.emplace_back(close_link{_link});
    _link = out.next_id();
    out.effects.emplace_back(open_link{_link, _managers[_at], trust::joining, _root, {}, {}});
    _step = step::key;
    out.effects.emplace_back(make_key{});
}

void enrolment::ask_certificate(outbox& out) {
    _due = never;
    wire::NodeCertificateStatusRequest request;
    request.set_node_id(_node_id);
    _call = out.call(_link, std::move(request), certificate_timeout);
}

void enrolment::certificate_answered(const wire::NodeCertificateStatusResponse& answer, outbox& out,
                                     instant at) {
    const auto state = answer.status().state();
    if (state == wire::IssuanceStatus::FAILED)
        return failed(
            "manager " + _managers[_at] + " could not make the certificate: " + answer.status().err(), out);
    const bool final = state == wire::IssuanceStatus::ISSUED || state == wire::IssuanceStatus::ROTATE;
    if (!final || answer.certificate().csr() != _request.request) {
        if (at.now >= _give_up)
            return failed("manager " + _managers[_at] + " made no certificate within two minutes", out);
        _due = at.now + _wait.next(out.random, 0.5);
        return;
    }
    if (answer.certificate().certificate().size() > largest_pem)
        return failed("manager " + _managers[_at] + " sent no certificate", out);
    auto made = identity::make(_root, answer.certificate().certificate(), _request.key);
    if (!made) return failed("manager " + _managers[_at] + ": " + made.failure().message, out);
    if (made->facts.node_id != _node_id)
        return failed("manager " + _managers[_at] + " sent the certificate of another node", out);
    if (at.wall >= made->facts.ends)
        return failed("manager " + _managers[_at] +
                          " sent a certificate that has ended: compare the clocks of both hosts",
                      out);
    finish(std::move(*made), out);
}

void enrolment::advance(outbox& out, instant at) {
    if (_step == step::certificate && _call == 0 && at.now >= _due) ask_certificate(out);
}

bool enrolment::answered(call_id call, const call_status& status, const manager_response& what, outbox& out,
                         instant at) {
    if (call == 0 || call != _call) return false;
    _call = 0;
    if (!status.ok()) {
        if (_step == step::issue && status.code == call_code::invalid_argument) {
            finish(error{"the managers do not take this join token (" + status.message +
                         "): take the present one from `docker swarm join-token worker`"},
                   out);
        } else if (_step == step::certificate && at.now < _give_up && status.code != call_code::not_found) {
            _due = at.now + _wait.next(out.random, 0.5);
        } else {
            failed(describe_failure(_managers[_at], status), out);
        }
        return true;
    }
    if (const auto* root = std::get_if<wire::GetRootCACertificateResponse>(&what)) {
        root_answered(*root, out);
    } else if (const auto* issued = std::get_if<wire::IssueNodeCertificateResponse>(&what)) {
        _node_id = issued->node_id();
        _step = step::certificate;
        _wait.reset();
        if (_node_id.empty() || _node_id.size() > longest_id) {
            failed("manager " + _managers[_at] + " gave no node id", out);
        } else {
            ask_certificate(out);
        }
    } else if (const auto* certificate = std::get_if<wire::NodeCertificateStatusResponse>(&what)) {
        certificate_answered(*certificate, out, at);
    }
    return true;
}

}  // namespace waggle::control::swarm
