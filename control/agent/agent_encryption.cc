#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "control/agent/agent.hh"
#include "control/encryption/announcement_text.hh"

namespace waggle::control {

using std::chrono::steady_clock;

void agent::encryption_changed() {
    recompute_soon();
    if (std::exchange(_encryption_posted, true)) return;
    boost::asio::post(_context, [this] {
        _encryption_posted = false;
        if (_stopped) return;
        _saved_keys.keep(_encryption.save());
        wait_for_encryption();
    });
}

void agent::wait_for_encryption() {
    const auto wake = _encryption.wake_at();
    if (!wake || _stopped) {
        _encryption_timer.cancel();
        return;
    }
    _encryption_timer.expires_at(*wake);
    _encryption_timer.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        if (_encryption.advance(steady_clock::now())) encryption_changed();
        wait_for_encryption();
    });
}

void agent::step_rotation() {
    // Only what is in force lets the next step begin.
    if (_stopped || _recompute_posted || _reconciler.is_in_flight() || !_reconciler.diff().empty()) return;
    if (_encryption.confirmed()) encryption_changed();
}

void agent::on_event(const api::event& happened) {
    if (happened.association) return on_worn_association(happened);
    spdlog::info("port {} is {}", happened.port, happened.what == api::event::kind::port_up ? "up" : "down");
}

void agent::on_worn_association(const api::event& happened) {
    const std::string peer = happened.association->vtep.to_string();
    const bool used_up = happened.what == api::event::kind::sequence_used_up;
    const std::string what = used_up ? "are used up, nothing is sent any more" : "are nearly used up";
    if (_encryption.replace(*happened.association, steady_clock::now())) {
        spdlog::log(used_up ? spdlog::level::warn : spdlog::level::info,
                    "the sequence numbers towards {} {}; new keys follow at once", peer, what);
        encryption_changed();
        return;
    }
    if (_member)
        return spdlog::warn(
            "the sequence numbers towards {} {}; the managers of the Docker swarm change the keys every "
            "twelve "
            "hours",
            peer, what);
    spdlog::warn(
        "the sequence numbers towards {} {}; rotate the keys on all hosts: write the next three to {} "
        "and reload",
        peer, what, node().docker_encryption ? node().docker_encryption->keys : "the key file");
}

std::vector<announcement_view> agent::announcements() const {
    std::vector<announcement_view> views;
    for (const auto& each : _encryption.announcements())
        views.push_back({each.overlay, each.epoch, announcement_text(each.bytes)});
    return views;
}

std::optional<refusal> agent::accept_announcement(const std::string& text) {
    const auto bytes = parse_announcement_text(text);
    if (!bytes) return refusal{400, "this is no announcement; 'waggle announcement show' prints one", {}};
    const auto accepted = _encryption.accept(*bytes, steady_clock::now());
    if (!accepted) return refusal{422, accepted.failure().message, {}};
    if (*accepted) encryption_changed();
    return std::nullopt;
}

std::optional<refusal> agent::rekey(const std::string& overlay) {
    const auto when = _encryption.rekey(overlay, steady_clock::now());
    if (!when) return refusal{409, when.failure().message, {}};
    const auto wait = std::chrono::ceil<std::chrono::seconds>(*when - steady_clock::now());
    spdlog::info("{} new keys{}", overlay.empty() ? "all overlays get" : "overlay " + overlay + " gets",
                 wait.count() > 0 ? " in " + std::to_string(wait.count()) + " s" : "");
    wait_for_encryption();
    return std::nullopt;
}

}  // namespace waggle::control
