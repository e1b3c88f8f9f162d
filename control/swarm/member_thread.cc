#include "control/swarm/member_thread.hh"

#include <random>
#include <utility>

#include <spdlog/spdlog.h>

#include "control/swarm/host_description.hh"
#include "control/swarm/transport/operations.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

/// The tag of the alarm that says that something was posted.
constexpr void* wake_tag = nullptr;

instant now() {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

std::uint64_t seed() {
    std::random_device from;
    return std::uint64_t{from()} << 32 | from();
}

}  // namespace

member_thread::member_thread(const swarm::settings& chosen, callbacks told)
    : _told(std::move(told)),
      _store(chosen.directory),
      _files(chosen.directory, chosen.runtime_directory),
      _links(_queue, *this),
      _core(describe_host(chosen.hostname), seed()) {
    load();
    _thread = std::thread([this] { run(); });
}

member_thread::~member_thread() {
    post([](member& core, instant at) { core.stop(false, at); });
    _thread.join();
}

void member_thread::post(std::function<void(member&, instant)> what) {
    const std::lock_guard hold(_mutex);
    if (!_running) return;
    _posted.push_back(std::move(what));
    if (std::exchange(_wake_set, true)) return;
    _wake.Set(&_queue, gpr_now(GPR_CLOCK_MONOTONIC), wake_tag);
}

void member_thread::run_posted() {
    std::vector<std::function<void(member&, instant)>> all;
    {
        const std::lock_guard hold(_mutex);
        all.swap(_posted);
    }
    for (const auto& each : all) {
        each(_core, now());
        carry_out();
    }
}

void member_thread::load() {
    if (_store.exists()) {
        auto self = _store.read();
        if (self) {
            _core.start(std::move(*self), _files.state(), _files.keys(), now());
        } else {
            _core.start_without(self.failure());
        }
    }
    _first = *_core.take_view();
}

void member_thread::run() {
    carry_out();
    while (!_core.over()) {
        wait_for_an_event();
        if (_core.next_wake() <= std::chrono::steady_clock::now()) _core.advance(now());
        carry_out();
    }
    finish();
}

void member_thread::wait_for_an_event() {
    constexpr auto longest = 3'600'000ms;
    const moment wake = _core.next_wake();
    auto wait = longest;
    const auto at = std::chrono::steady_clock::now();
    if (wake <= at) {
        wait = 0ms;
    } else if (wake < at + longest) {
        wait = std::chrono::ceil<std::chrono::milliseconds>(wake - at);
    }
    void* tag = nullptr;
    bool ok = false;
    if (_queue.AsyncNext(&tag, &ok, deadline_in(wait)) != grpc::CompletionQueue::GOT_EVENT) return;
    if (tag != wake_tag) return _links.proceed(tag, ok);
    {
        const std::lock_guard hold(_mutex);
        _wake_set = false;
    }
    run_posted();
}

/// The queue is emptied before it goes.
void member_thread::finish() {
    {
        const std::lock_guard hold(_mutex);
        _running = false;
        _posted.clear();
    }
    _links.close_all();
    void* tag = nullptr;
    bool ok = false;
    // A stream takes another step to its end, which a queue that was shut down would not bear.
    while (!_links.idle() && _queue.Next(&tag, &ok))
        if (tag != wake_tag) _links.proceed(tag, ok);
    _wake.Cancel();
    _queue.Shutdown();
    while (_queue.Next(&tag, &ok)) continue;
    _told.stopped();
}

void member_thread::session_heard(stream_id stream, const wire::SessionMessage& message) {
    _core.session_heard(stream, message, now());
}
void member_thread::assignments_heard(stream_id stream, wire::AssignmentsMessage&& message) {
    _core.assignments_heard(stream, std::move(message), now());
}
void member_thread::stream_ended(stream_id stream, const call_status& why) {
    _core.stream_ended(stream, why, now());
}
void member_thread::answered(call_id call, const call_status& status, const manager_response& what) {
    _core.answered(call, status, what, now());
}

void member_thread::carry_out() {
    // Some are answered at once, with effects of their own.
    for (auto effects = _core.take_effects(); !effects.empty(); effects = _core.take_effects())
        for (effect& each : effects) carry_out(std::move(each));
    tell_view();
}

/// Outcomes come after the view that they led to.
void member_thread::tell_view() {
    if (auto seen = _core.take_view()) _told.changed(std::move(*seen));
}

void member_thread::keep(const keep_identity& what) {
    _core.identity_kept(_store.keep(what.what), now());
}

void member_thread::forget() {
    _forget_problem.clear();
    const auto files = _files.forget();
    const auto identity = _store.forget();
    if (!identity) {
        _forget_problem = identity.failure().message;
    } else if (!files) {
        _forget_problem = files.failure().message;
    }
}

void member_thread::carry_out(effect&& what) {
    struct visitor {
        member_thread& of;
        void operator()(open_link&& each) const { of._links.open(each); }
        void operator()(close_link&& each) const { of._links.close(each.link); }
        void operator()(open_session&& each) const { of._links.start(each); }
        void operator()(open_assignments&& each) const { of._links.start(each); }
        void operator()(close_stream&& each) const { of._links.close_stream(each.stream); }
        void operator()(start_call&& each) const { of._links.start(std::move(each)); }
        void operator()(make_key&&) const { of._core.key_made(make_certificate_request(), now()); }
        void operator()(keep_identity&& each) const { of.keep(each); }
        void operator()(forget_identity&&) const { of.forget(); }
        void operator()(keep_state&& each) const {
            if (const auto kept = of._files.keep(each.what); !kept)
                spdlog::warn("swarm: {}", kept.failure().message);
        }
        void operator()(keep_keys&& each) const {
            if (const auto kept = of._files.keep(each.what); !kept)
                spdlog::warn("swarm: {}", kept.failure().message);
        }
        void operator()(joined&& each) const {
            of.tell_view();
            of._told.joined(std::move(each.outcome));
        }
        void operator()(left&&) const {
            of.tell_view();
            of._told.left(of._forget_problem.empty() ? result<void>()
                                                     : result<void>(error{of._forget_problem}));
        }
        void operator()(log_line&& each) const {
            spdlog::log(each.warning ? spdlog::level::warn : spdlog::level::info, "swarm: {}", each.text);
        }
    };
    std::visit(visitor{*this}, std::move(what));
}

}  // namespace waggle::control::swarm
