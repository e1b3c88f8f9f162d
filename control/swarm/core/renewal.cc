#include "control/swarm/core/renewal.hh"

#include <algorithm>
#include <utility>

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

constexpr auto call_timeout = 10s;
constexpr auto certificate_timeout = 30s;
constexpr unsigned most_questions = 10;
/// The wall clock may be set: no wait for it is longer.
constexpr auto longest_wait = 1min;
/// A manager that demands another certificate for ever does not get one at every message.
constexpr auto least_gap = 10s;
constexpr std::size_t largest_pem = std::size_t{64} * 1024;

}  // namespace

void renewal::plan(const certificate_facts& facts, outbox& out) {
    const double validity = std::chrono::duration<double>(facts.ends - facts.begins).count();
    const double at = validity * (0.5 + 0.3 * (static_cast<double>(out.random() >> 11) * 0x1p-53));
    _planned = facts.begins + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                  std::chrono::duration<double>(at));
    _step = step::idle;
    _call = 0;
    _due = moment::min();
}

void renewal::demand(instant at) {
    if (_step != step::idle || _demanded) return;
    _demanded = true;
    _due = _last_success == moment::min() ? at.now : std::max(at.now, _last_success + least_gap);
}

void renewal::session_ended(instant at) {
    if (_step == step::idle) return;
    _step = step::idle;
    _call = 0;
    _request = {};
    _due = at.now;
}

void renewal::look_at_clock(instant at) {
    if (_step != step::idle || _demanded || at.now < _due || at.wall >= _planned) return;
    _due = at.now +
           std::chrono::duration_cast<std::chrono::milliseconds>(
               std::min<std::chrono::system_clock::duration>(_planned - at.wall, longest_wait)) +
           1ms;
}

void renewal::advance(const identity& self, link_id link, outbox& out, instant at) {
    look_at_clock(at);
    if (at.now < _due) return;
    _due = never;
    if (_step == step::idle) {
        _step = step::key;
        _link = link;
        _node_id = self.facts.node_id;
        out.effects.emplace_back(make_key{});
    } else if (_step == step::certificate && _call == 0) {
        ask_certificate(out);
    }
}

void renewal::key_made(result<certificate_request> made, outbox& out, instant at) {
    if (_step != step::key) return;
    if (!made) return failed(made.failure().message, out, at);
    _request = std::move(*made);
    _step = step::issue;
    _asked = 0;
    wire::IssueNodeCertificateRequest request;
    request.set_csr(_request.request);
    _call = out.call(_link, std::move(request), call_timeout);
}

void renewal::ask_certificate(outbox& out) {
    ++_asked;
    wire::NodeCertificateStatusRequest request;
    request.set_node_id(_node_id);
    _call = out.call(_link, std::move(request), certificate_timeout);
}

void renewal::failed(const std::string& why, outbox& out, instant at) {
    _step = step::idle;
    _call = 0;
    _request = {};
    _problem = why;
    _due = at.now + _wait.next(out.random, 0.5);
    out.warn("the node's certificate could not be renewed: " + why);
}

bool renewal::answered(call_id call, const call_status& status, const manager_response& what,
                       const identity& self, outbox& out, instant at) {
    if (call == 0 || call != _call) return false;
    _call = 0;
    if (!status.ok()) {
        failed(status.message, out, at);
        return true;
    }
    if (const auto* issued = std::get_if<wire::IssueNodeCertificateResponse>(&what)) {
        if (issued->node_id() != _node_id) {
            failed("the manager answered for another node", out, at);
        } else {
            _step = step::certificate;
            ask_certificate(out);
        }
        return true;
    }
    const auto* answer = std::get_if<wire::NodeCertificateStatusResponse>(&what);
    if (answer == nullptr) return true;
    const auto state = answer->status().state();
    const bool final = state == wire::IssuanceStatus::ISSUED || state == wire::IssuanceStatus::ROTATE;
    if (state == wire::IssuanceStatus::FAILED) {
        failed(answer->status().err(), out, at);
    } else if (!final || answer->certificate().csr() != _request.request) {
        if (_asked == most_questions) {
            failed("the managers did not make it in time", out, at);
        } else {
            _due = at.now + 1s * _asked;
        }
    } else if (answer->certificate().certificate().size() > largest_pem) {
        failed("the manager sent no certificate", out, at);
    } else {
        auto made = identity::make(self.root, answer->certificate().certificate(), std::move(_request.key));
        if (!made) {
            failed(made.failure().message, out, at);
        } else if (made->facts.node_id != self.facts.node_id ||
                   made->facts.cluster_id != self.facts.cluster_id) {
            failed("the manager sent the certificate of another node", out, at);
        } else if (made->facts.ends <= at.wall) {
            failed("the manager sent a certificate that has ended", out, at);
        } else {
            _request = {};
            _step = step::idle;
            _demanded = false;
            _last_success = at.now;
            _problem.clear();
            _wait.reset();
            _finished = std::move(*made);
        }
    }
    return true;
}

}  // namespace waggle::control::swarm
