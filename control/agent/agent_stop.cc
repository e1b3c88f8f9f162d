#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "control/agent/agent.hh"
#include "control/netlink/namespace.hh"

namespace waggle::control {
namespace {

constexpr std::chrono::seconds patience_for_dataplane{5};

}  // namespace

void agent::stop(stop_mode mode, std::function<void()> done) {
    if (_stopped) return;
    _stopped = std::move(done);
    _api.reset();
    _mtu_timer.cancel();
    _encryption_timer.cancel();
    if (mode == stop_mode::remove_everything) _saved_keys.forget();
    _resolver->stop();
    _swarm_timer.cancel();
    _join_timer.cancel();
    _gossip_timer.cancel();
    if (mode == stop_mode::leave_running) {
        // Peers keep what this host told for as long as its next life takes to tell it again.
        if (_swarm) _swarm->stop(false, [] {});
        _links->stop(false);
        _session.reset();
        _hop_timer.cancel();
        _drive_timer.cancel();
        if (!_member) return _stopped();
        return _member->stop(false, [this] { _stopped(); });
    }
    _stopping_parts = 1;
    if (_swarm) {
        // Peers that hear of the leave drop this host's entries at once, the others seconds later.
        ++_stopping_parts;
        _swarm->stop(true, [this] { part_stopped(); });
    }
    if (_member) {
        ++_stopping_parts;
        _member->stop(true, [this] { part_stopped(); });
    }
    // Taking thousands of links away takes the kernel a while; the loop goes on, with it the watchdog.
    _remover = std::thread([this] {
        _links->stop(true);
        boost::asio::post(_context, [this] { empty_dataplane(); });
    });
}

void agent::empty_dataplane() {
    _remover.join();
    _emptying = true;
    _reconciler.desire(std::make_shared<api::state>(), std::chrono::steady_clock::now());
    if (!_session->is_connected()) return finish_stop();
    _stop_timer.expires_after(patience_for_dataplane);
    _stop_timer.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        spdlog::warn("waggle-dataplane did not confirm within {} s that it dropped its ports",
                     patience_for_dataplane.count());
        finish_stop();
    });
    begin_session();
    drive();
    if (!_reconciler.is_in_flight() && _reconciler.diff().empty()) finish_stop();
}

void agent::finish_stop() {
    if (!std::exchange(_emptying, false)) return;
    _stop_timer.cancel();
    _drive_timer.cancel();
    _hop_timer.cancel();
    // Not from within one of the session's own handlers.
    boost::asio::post(_context, [this] {
        _session.reset();
        if (auto removed = netlink::delete_named_namespace(namespace_name()); !removed)
            spdlog::warn("{}", removed.failure().message);
        part_stopped();
    });
}

void agent::part_stopped() {
    if (--_stopping_parts == 0) _stopped();
}

}  // namespace waggle::control
