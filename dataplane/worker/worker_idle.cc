#include <algorithm>
#include <ctime>
#include <sched.h>

#include <rte_cycles.h>
#include <sys/epoll.h>

#include "dataplane/worker/worker.hh"

namespace waggle {
namespace {

/// How long a worker looks on for frames before it sleeps.
constexpr std::uint64_t spin_microseconds = 20;
/// Bounds of a sleep while queues that can't wake the worker are waiting to be polled.
constexpr std::uint64_t shortest_sleep_microseconds = 50;
constexpr std::uint64_t longest_sleep_microseconds = 1000;
/// Otherwise everything that matters wakes it.
constexpr std::uint64_t unbounded_sleep_microseconds = 1'000'000;

bool has_no_event(const polled_queue* queue) {
    return queue->source->event_descriptor(queue->queue) < 0;
}

/// A port without a peer brings nothing; when one comes, the worker is woken.
bool must_be_polled(const polled_queue* queue) {
    return has_no_event(queue) && queue->source->is_up();
}

timespec to_timespec(std::uint64_t microseconds) {
    return {static_cast<time_t>(microseconds / 1'000'000),
            static_cast<long>(microseconds % 1'000'000 * 1000)};
}

}  // namespace

bool worker::may_sleep([[maybe_unused]] const poll_plan& plan) const {
    if (_idle == config::idle_mode::busy) return false;
    return rte_rdtsc() - _last_frame > spin_microseconds * (_context.ticks_per_second / 1'000'000);
}

void worker::rest(const poll_plan& plan) {
    const std::uint64_t idle = (rte_rdtsc() - _last_frame) / (_context.ticks_per_second / 1'000'000);
    const bool must_poll = std::ranges::any_of(plan.polled, must_be_polled);
    // The longer nothing came, the longer the first frame may wait: a tenth of that.
    const std::uint64_t limit =
        must_poll ? std::clamp(idle / 10, shortest_sleep_microseconds, longest_sleep_microseconds)
                  : unbounded_sleep_microseconds;
    _wake_up.announce_sleep();
    const bool nothing_new =
        _plan.load(std::memory_order_acquire) == &plan && !_stopping.load(std::memory_order_acquire) &&
        _hot.empty() && rings_are_empty() &&
        std::ranges::all_of(plan.served, [](const auto& queue) { return queue.frames->is_empty(); });
    if (nothing_new && arm(plan, true)) {
        _rcu.offline(_context.worker);
        const timespec timeout = to_timespec(limit);
        epoll_event ignored{};
        // Which queue it was is asked again afterwards: the main lcore may have removed one meanwhile.
        ::epoll_pwait2(_events.get(), &ignored, 1, &timeout, nullptr);
        _rcu.online(_context.worker);
        _statistics.sleeps.add(1);
        _statistics.cpu.store(static_cast<unsigned>(::sched_getcpu()), std::memory_order_relaxed);
        // The plan may be gone after the sleep; a new one makes no queue armed that it still has.
        if (_plan.load(std::memory_order_acquire) == &plan) arm(plan, false);
    }
    _wake_up.announce_awake();
}

bool worker::arm(const poll_plan& plan, bool enable) {
    bool all_empty = true;
    for (polled_queue* queue : plan.polled)
        if (!has_no_event(queue)) all_empty = queue->source->arm(queue->queue, enable) && all_empty;
    return all_empty;
}

}  // namespace waggle
