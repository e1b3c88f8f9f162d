#pragma once

#include <functional>
#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "control/swarm/core/member.hh"
#include "control/swarm/saved_files.hh"
#include "control/swarm/transport/manager_links.hh"

namespace waggle::control::swarm {

/// The membership's thread: the core, its connections and its files. What it tells, it tells on this thread.
class member_thread : private link_events {
public:
    struct callbacks {
        std::function<void(view)> changed;
        std::function<void(result<void>)> joined;
        std::function<void(result<void>)> left;
        std::function<void()> stopped;
    };

    /// Reads the files; first() is the view that they give.
    member_thread(const swarm::settings& chosen, callbacks told);
    ~member_thread() override;
    member_thread(const member_thread&) = delete;
    member_thread& operator=(const member_thread&) = delete;

    const view& first() const { return _first; }
    /// Runs `what` on the thread, in order; dropped once it has stopped.
    void post(std::function<void(member&, instant)> what);

private:
    void session_heard(stream_id stream, const wire::SessionMessage& message) override;
    void assignments_heard(stream_id stream, wire::AssignmentsMessage&& message) override;
    void stream_ended(stream_id stream, const call_status& why) override;
    void answered(call_id call, const call_status& status, const manager_response& what) override;

    void load();
    void run();
    void wait_for_an_event();
    void run_posted();
    void carry_out();
    void carry_out(effect&& what);
    void tell_view();
    void keep(const keep_identity& what);
    void forget();
    void finish();

    callbacks _told;
    identity_store _store;
    saved_files _files;
    grpc::CompletionQueue _queue;
    manager_links _links;
    member _core;
    std::string _forget_problem;
    view _first;

    std::mutex _mutex;
    std::vector<std::function<void(member&, instant)>> _posted;
    grpc::Alarm _wake;
    bool _wake_set = false;
    bool _running = true;

    std::thread _thread;
};

}  // namespace waggle::control::swarm
