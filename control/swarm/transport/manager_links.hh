#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <map>
#include <memory>

#include "control/swarm/core/effects.hh"
#include "control/swarm/transport/tls_tunnel.hh"

namespace waggle::control::swarm {

/// What comes of the calls and streams; on the thread that runs the queue.
class link_events {
public:
    virtual ~link_events() = default;
    virtual void session_heard(stream_id stream, const wire::SessionMessage& message) = 0;
    virtual void assignments_heard(stream_id stream, wire::AssignmentsMessage&& message) = 0;
    virtual void stream_ended(stream_id stream, const call_status& why) = 0;
    virtual void answered(call_id call, const call_status& status, const manager_response& what) = 0;
};

/// One step of a call or stream on the completion queue; it is the queue's tag.
class operation {
public:
    virtual ~operation() = default;
    /// False when nothing more comes of it: it can go.
    virtual bool proceed(bool ok) = 0;
    virtual void cancel() = 0;
};

/// The connections to managers, driven by a completion queue of one thread. Each operation has one step under
/// way at any time, and a stream is read on only when its last message was taken up: a flooding manager
/// waits.
class manager_links {
public:
    manager_links(grpc::CompletionQueue& queue, link_events& told) : _queue(queue), _told(told) {}

    void open(const open_link& what);
    void close(link_id link);
    void start(const open_session& what);
    void start(const open_assignments& what);
    void start(start_call what);
    void close_stream(stream_id stream);
    /// For a tag of the queue.
    void proceed(void* tag, bool ok);
    /// Ends everything; proceed() has to be called until idle().
    void close_all();
    bool idle() const { return _operations.empty(); }

private:
    struct entry {
        link_id link = 0;
        std::uint64_t id = 0;
        std::unique_ptr<operation> what;
    };
    void add(link_id link, std::uint64_t id, std::unique_ptr<operation> what);
    template <typename Message, typename Prepare>
    void start_stream(link_id link, stream_id stream, Prepare&& prepare);

    struct connection {
        std::shared_ptr<grpc::Channel> channel;
        std::shared_ptr<tls_tunnel> tunnel;
    };
    connection on(link_id link) const;

    grpc::CompletionQueue& _queue;
    link_events& _told;
    tunnel_thread _tunnels;
    std::map<link_id, connection> _links;
    /// Why the last link could not even begin.
    std::string _refused = "the connection is closed";
    std::map<operation*, entry> _operations;
};

/// gRPC would print every failed attempt on the standard error; what matters is in the calls' status.
void silence_grpc();

}  // namespace waggle::control::swarm
