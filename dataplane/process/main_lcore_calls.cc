#include "dataplane/process/main_lcore_calls.hh"

#include <chrono>
#include <cstdint>
#include <utility>

#include <sys/eventfd.h>

namespace waggle {

main_lcore_calls::main_lcore_calls() : _event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
}

bool main_lcore_calls::run(const std::function<void()>& call) {
    const std::lock_guard only(_one_caller);
    std::unique_lock lock(_mutex);
    _waiting = &call;
    const std::uint64_t one = 1;
    (void)!::write(_event.get(), &one, sizeof one);
    const bool ran = _done.wait_for(lock, std::chrono::seconds(1), [this] { return _waiting == nullptr; });
    _waiting = nullptr;
    return ran;
}

void main_lcore_calls::poll() {
    std::uint64_t count = 0;
    (void)!::read(_event.get(), &count, sizeof count);
    // Under the lock: the caller must not give up in the middle of it.
    const std::lock_guard lock(_mutex);
    if (_waiting == nullptr) return;
    (*_waiting)();
    _waiting = nullptr;
    _done.notify_all();
}

}  // namespace waggle
