#include "control/swarm/transport/manager_links.hh"

#include <utility>

#include "control/swarm/transport/credentials.hh"
#include "control/swarm/transport/operations.hh"
#include "control/swarm/wire/ca.grpc.pb.h"
#include "control/swarm/wire/dispatcher.grpc.pb.h"
#include "control/swarm/wire/resource.grpc.pb.h"

namespace waggle::control::swarm {
namespace {

/// Starts the call that belongs to each request.
class starter {
public:
    starter(std::shared_ptr<grpc::Channel> channel, grpc::CompletionQueue& queue, link_events& told,
            const start_call& what)
        : _channel(std::move(channel)),
          _queue(queue),
          _told(told),
          _call(what.call),
          _timeout(what.timeout) {}

    std::unique_ptr<operation> operator()(const wire::GetRootCACertificateRequest& asked) {
        return make<wire::GetRootCACertificateResponse>([&](grpc::ClientContext* context) {
            return wire::CA::NewStub(_channel)->PrepareAsyncGetRootCACertificate(context, asked, &_queue);
        });
    }
    std::unique_ptr<operation> operator()(const wire::IssueNodeCertificateRequest& asked) {
        return make<wire::IssueNodeCertificateResponse>([&](grpc::ClientContext* context) {
            return wire::NodeCA::NewStub(_channel)->PrepareAsyncIssueNodeCertificate(context, asked, &_queue);
        });
    }
    std::unique_ptr<operation> operator()(const wire::NodeCertificateStatusRequest& asked) {
        return make<wire::NodeCertificateStatusResponse>([&](grpc::ClientContext* context) {
            return wire::NodeCA::NewStub(_channel)->PrepareAsyncNodeCertificateStatus(context, asked,
                                                                                      &_queue);
        });
    }
    std::unique_ptr<operation> operator()(const wire::HeartbeatRequest& asked) {
        return make<wire::HeartbeatResponse>([&](grpc::ClientContext* context) {
            return wire::Dispatcher::NewStub(_channel)->PrepareAsyncHeartbeat(context, asked, &_queue);
        });
    }
    std::unique_ptr<operation> operator()(const wire::UpdateTaskStatusRequest& asked) {
        return make<wire::UpdateTaskStatusResponse>([&](grpc::ClientContext* context) {
            return wire::Dispatcher::NewStub(_channel)->PrepareAsyncUpdateTaskStatus(context, asked, &_queue);
        });
    }
    std::unique_ptr<operation> operator()(const wire::AttachNetworkRequest& asked) {
        return make<wire::AttachNetworkResponse>([&](grpc::ClientContext* context) {
            return wire::ResourceAllocator::NewStub(_channel)->PrepareAsyncAttachNetwork(context, asked,
                                                                                         &_queue);
        });
    }
    std::unique_ptr<operation> operator()(const wire::DetachNetworkRequest& asked) {
        return make<wire::DetachNetworkResponse>([&](grpc::ClientContext* context) {
            return wire::ResourceAllocator::NewStub(_channel)->PrepareAsyncDetachNetwork(context, asked,
                                                                                         &_queue);
        });
    }

private:
    template <typename Response, typename Prepare>
    std::unique_ptr<operation> make(Prepare&& prepare) {
        auto made = std::make_unique<unary_operation<Response>>(_told, _call);
        made->start(_timeout, prepare);
        return made;
    }

    std::shared_ptr<grpc::Channel> _channel;
    grpc::CompletionQueue& _queue;
    link_events& _told;
    call_id _call;
    std::chrono::milliseconds _timeout;
};

}  // namespace

void manager_links::open(const open_link& what) {
    _channels[what.link] = make_channel(what);
}

void manager_links::close(link_id link) {
    _channels.erase(link);
    for (auto& [key, each] : _operations)
        if (each.link == link) each.what->cancel();
}

void manager_links::close_stream(stream_id stream) {
    for (auto& [key, each] : _operations)
        if (each.id == stream) each.what->cancel();
}

void manager_links::close_all() {
    _channels.clear();
    for (auto& [key, each] : _operations) each.what->cancel();
}

std::shared_ptr<grpc::Channel> manager_links::channel(link_id link) const {
    const auto found = _channels.find(link);
    return found == _channels.end() ? nullptr : found->second;
}

void manager_links::add(link_id link, std::uint64_t id, std::unique_ptr<operation> what) {
    operation* const key = what.get();
    _operations.emplace(key, entry{link, id, std::move(what)});
}

void manager_links::start(const open_session& what) {
    const auto on = channel(what.link);
    if (!on) return;
    auto made = std::make_unique<stream_operation<wire::SessionMessage>>(_told, what.stream);
    made->start([&](grpc::ClientContext* context) {
        return wire::Dispatcher::NewStub(on)->PrepareAsyncSession(context, what.what, &_queue);
    });
    add(what.link, what.stream, std::move(made));
}

void manager_links::start(const open_assignments& what) {
    const auto on = channel(what.link);
    if (!on) return;
    auto made = std::make_unique<stream_operation<wire::AssignmentsMessage>>(_told, what.stream);
    made->start([&](grpc::ClientContext* context) {
        return wire::Dispatcher::NewStub(on)->PrepareAsyncAssignments(context, what.what, &_queue);
    });
    add(what.link, what.stream, std::move(made));
}

void manager_links::start(start_call what) {
    const auto on = channel(what.link);
    if (!on) return;
    add(what.link, what.call, std::visit(starter(on, _queue, _told, what), what.what));
    // A join token goes out once.
    if (auto* asked = std::get_if<wire::IssueNodeCertificateRequest>(&what.what))
        wipe(*asked->mutable_token());
}

void manager_links::proceed(void* tag, bool ok) {
    const auto found = _operations.find(static_cast<operation*>(tag));
    if (found == _operations.end()) return;
    if (!found->first->proceed(ok)) _operations.erase(found);
}

}  // namespace waggle::control::swarm
