#include "control/swarm/transport/manager_links.hh"

#include <cstdio>
#include <grpc/support/log.h>
#include <grpcpp/create_channel_posix.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "control/swarm/transport/operations.hh"
#include "control/swarm/wire/ca.grpc.pb.h"
#include "control/swarm/wire/dispatcher.grpc.pb.h"
#include "control/swarm/wire/resource.grpc.pb.h"

namespace waggle::control::swarm {
namespace {

/// Starts the call that belongs to each request.
class starter {
public:
    starter(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<tls_tunnel> tunnel,
            grpc::CompletionQueue& queue, link_events& told, const start_call& what)
        : _channel(std::move(channel)),
          _tunnel(std::move(tunnel)),
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
        auto made = std::make_unique<unary_operation<Response>>(_told, _tunnel, _call);
        made->start(_timeout, prepare);
        return made;
    }

    std::shared_ptr<grpc::Channel> _channel;
    std::shared_ptr<tls_tunnel> _tunnel;
    grpc::CompletionQueue& _queue;
    link_events& _told;
    call_id _call;
    std::chrono::milliseconds _timeout;
};

/// A complete assignment of 10,000 attachments is about 10 MB.
constexpr int largest_message = 64 * 1024 * 1024;
/// Before a manager has proved to be one.
constexpr int largest_early_message = 256 * 1024;

std::shared_ptr<grpc::Channel> make_channel(int socket, trust checks) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, checks == trust::member ? "swarm-manager" : "swarm-ca");
    arguments.SetMaxReceiveMessageSize(checks == trust::member ? largest_message : largest_early_message);
    return grpc::CreateCustomInsecureChannelFromFd("manager", socket, arguments);
}

}  // namespace

void silence_grpc() {
    gpr_set_log_function([](gpr_log_func_args* line) {
        // The last words before it ends the process.
        if (std::string_view(line->message).find("assertion failed") != std::string_view::npos)
            std::fprintf(stderr, "%s:%d: %s\n", line->file, line->line, line->message);
    });
}

void manager_links::open(const open_link& what) {
    auto opened = tls_tunnel::open(_tunnels.context(), what);
    if (!opened) {
        _refused = opened.failure().message;
        return;
    }
    _links[what.link] = {make_channel(opened->socket, what.checks), opened->tunnel};
}

void manager_links::close(link_id link) {
    if (const auto found = _links.find(link); found != _links.end()) {
        found->second.tunnel->close();
        _links.erase(found);
    }
    for (auto& [key, each] : _operations)
        if (each.link == link) each.what->cancel();
}

void manager_links::close_stream(stream_id stream) {
    for (auto& [key, each] : _operations)
        if (each.id == stream) each.what->cancel();
}

void manager_links::close_all() {
    for (auto& [link, each] : _links) each.tunnel->close();
    _links.clear();
    for (auto& [key, each] : _operations) each.what->cancel();
}

manager_links::connection manager_links::on(link_id link) const {
    const auto found = _links.find(link);
    return found == _links.end() ? connection() : found->second;
}

void manager_links::add(link_id link, std::uint64_t id, std::unique_ptr<operation> what) {
    operation* const key = what.get();
    _operations.emplace(key, entry{link, id, std::move(what)});
}

template <typename Message, typename Prepare>
void manager_links::start_stream(link_id link, stream_id stream, Prepare&& prepare) {
    const connection by = on(link);
    if (!by.channel) return _told.stream_ended(stream, call_status{call_code::unavailable, _refused});
    auto made = std::make_unique<stream_operation<Message>>(_told, by.tunnel, stream);
    const auto stub = wire::Dispatcher::NewStub(by.channel);
    made->start([&](grpc::ClientContext* context) { return prepare(*stub, context); });
    add(link, stream, std::move(made));
}

void manager_links::start(const open_session& what) {
    start_stream<wire::SessionMessage>(what.link, what.stream,
                                       [&](wire::Dispatcher::Stub& stub, grpc::ClientContext* context) {
                                           return stub.PrepareAsyncSession(context, what.what, &_queue);
                                       });
}

void manager_links::start(const open_assignments& what) {
    start_stream<wire::AssignmentsMessage>(
        what.link, what.stream, [&](wire::Dispatcher::Stub& stub, grpc::ClientContext* context) {
            return stub.PrepareAsyncAssignments(context, what.what, &_queue);
        });
}

void manager_links::start(start_call what) {
    const connection by = on(what.link);
    if (!by.channel) return _told.answered(what.call, call_status{call_code::unavailable, _refused}, {});
    add(what.link, what.call, std::visit(starter(by.channel, by.tunnel, _queue, _told, what), what.what));
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
