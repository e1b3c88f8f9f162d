#pragma once

#include <atomic>
#include <cstdint>

#include <sys/eventfd.h>

#include "dataplane/port/file_descriptor.hh"

namespace waggle {

/// Wakes a worker that sleeps; costs a caller one read of a shared flag if it does not.
class wake_up {
public:
    wake_up() : _event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    /// The sleeper: announces sleep. What it checks afterwards (plan, rings) can't change unnoticed.
    void announce_sleep() {
        _asleep.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    void announce_awake() {
        _asleep.store(false, std::memory_order_relaxed);
        std::uint64_t count = 0;
        if (_called.exchange(false, std::memory_order_acquire))
            (void)!::read(_event.get(), &count, sizeof count);
    }
    /// Anybody, after having changed what the sleeper checks.
    void call() {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (!_asleep.load(std::memory_order_relaxed) || _called.exchange(true, std::memory_order_acq_rel))
            return;
        const std::uint64_t one = 1;
        (void)!::write(_event.get(), &one, sizeof one);
    }
    /// Readable after a call.
    int descriptor() const { return _event.get(); }

private:
    std::atomic<bool> _asleep{false};
    std::atomic<bool> _called{false};
    file_descriptor _event;
};

}  // namespace waggle
