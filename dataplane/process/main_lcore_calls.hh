#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "dataplane/port/file_descriptor.hh"

namespace waggle {

/// Lets another thread (DPDK's telemetry) have a look at what belongs to the main lcore.
class main_lcore_calls {
public:
    main_lcore_calls();

    /// From another thread: has the main lcore run `call` and waits for it, at most a second. False if it did
    /// not get to it (it will not run later either).
    bool run(const std::function<void()>& call);

    /// Main lcore: readable when a call waits.
    int descriptor() const { return _event.get(); }
    void poll();

private:
    file_descriptor _event;
    std::mutex _one_caller;
    std::mutex _mutex;
    std::condition_variable _done;
    const std::function<void()>* _waiting = nullptr;
};

}  // namespace waggle
