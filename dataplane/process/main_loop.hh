#pragma once

#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"
#include "dataplane/process/dataplane.hh"
#include "dataplane/process/main_lcore_calls.hh"

namespace waggle {

/// What the main lcore does: the socket, removed entries, a look at the ports each second, the service
/// manager's watchdog, signals.
class main_loop {
public:
    /// Takes SIGTERM and SIGINT off this thread; to be made before other threads start, so that these inherit
    /// it.
    static result<main_loop> prepare();
    /// Until a signal says stop.
    result<void> run(dataplane& of);

    main_lcore_calls& calls() { return *_calls; }

private:
    main_loop() = default;
    bool handle(int descriptor, dataplane& of);

    file_descriptor _events;
    file_descriptor _signals;
    file_descriptor _seconds;
    std::unique_ptr<main_lcore_calls> _calls;
};

}  // namespace waggle
