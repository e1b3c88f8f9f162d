#include "tests/unit/swarm/fake_manager.hh"

#include <chrono>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <utility>

namespace waggle::control::swarm::test {
namespace {

using namespace std::chrono_literals;

std::string name_of(const grpc::ServerContext& context) {
    const auto names = context.auth_context()->FindPropertyValues("x509_common_name");
    return names.empty() ? std::string() : std::string(names[0].data(), names[0].size());
}

}  // namespace

struct fake_manager::services : wire::CA::Service,
                                wire::NodeCA::Service,
                                wire::Dispatcher::Service,
                                wire::ResourceAllocator::Service {
    explicit services(fake_manager& manager) : of(manager) {}
    fake_manager& of;

    grpc::Status GetRootCACertificate(grpc::ServerContext*, const wire::GetRootCACertificateRequest*,
                                      wire::GetRootCACertificateResponse* answer) override {
        const std::lock_guard hold(of._mutex);
        answer->set_certificate(of._how.root.empty() ? of._ca.root() : of._how.root);
        return grpc::Status::OK;
    }
    grpc::Status IssueNodeCertificate(grpc::ServerContext* context,
                                      const wire::IssueNodeCertificateRequest* asked,
                                      wire::IssueNodeCertificateResponse* answer) override {
        const std::lock_guard hold(of._mutex);
        if (!asked->token().empty()) of._heard.tokens.push_back(asked->token());
        const std::string known = name_of(*context);
        if (asked->token() != of._ca.token() && known.empty())
            return {grpc::StatusCode::INVALID_ARGUMENT,
                    "A valid join token is necessary to join this cluster"};
        ++of._heard.issued;
        of._csr = asked->csr();
        of._certificate = of._ca.issue(asked->csr(), "node1", "swarm-worker", of._how.validity);
        answer->set_node_id("node1");
        return grpc::Status::OK;
    }
    grpc::Status NodeCertificateStatus(grpc::ServerContext*, const wire::NodeCertificateStatusRequest*,
                                       wire::NodeCertificateStatusResponse* answer) override {
        const std::lock_guard hold(of._mutex);
        answer->mutable_status()->set_state(wire::IssuanceStatus::ISSUED);
        answer->mutable_certificate()->set_csr(of._csr);
        answer->mutable_certificate()->set_certificate(of._certificate);
        return grpc::Status::OK;
    }
    grpc::Status Session(grpc::ServerContext* context, const wire::SessionRequest* asked,
                         grpc::ServerWriter<wire::SessionMessage>* to) override {
        std::unique_lock hold(of._mutex);
        of._heard.session_names.push_back(name_of(*context));
        of._heard.descriptions.push_back(asked->description());
        if (!of._how.session_failures.empty()) {
            const grpc::Status why = of._how.session_failures.front();
            of._how.session_failures.pop_front();
            return why;
        }
        const int own = ++of._session;
        of._to_tell.clear();
        hold.unlock();
        to->Write(of.session_message());
        hold.lock();
        while (!of._stopping && own == of._session && !context->IsCancelled()) {
            if (of._to_tell.empty()) {
                of._news.wait_for(hold, 20ms);
                continue;
            }
            const wire::SessionMessage next = std::move(of._to_tell.front());
            of._to_tell.pop_front();
            hold.unlock();
            to->Write(next);
            hold.lock();
        }
        return grpc::Status::OK;
    }
    grpc::Status Heartbeat(grpc::ServerContext*, const wire::HeartbeatRequest*,
                           wire::HeartbeatResponse* answer) override {
        const std::lock_guard hold(of._mutex);
        ++of._heard.heartbeats;
        if (!of._how.heartbeat_failures.empty()) {
            const grpc::Status why = of._how.heartbeat_failures.front();
            of._how.heartbeat_failures.pop_front();
            return why;
        }
        answer->mutable_period()->set_nanos(static_cast<std::int32_t>(of._how.period / 1ns));
        return grpc::Status::OK;
    }
    grpc::Status UpdateTaskStatus(grpc::ServerContext*, const wire::UpdateTaskStatusRequest* asked,
                                  wire::UpdateTaskStatusResponse*) override {
        const std::lock_guard hold(of._mutex);
        for (const auto& each : asked->updates()) of._heard.updates.push_back(each);
        return grpc::Status::OK;
    }
    grpc::Status Assignments(grpc::ServerContext* context, const wire::AssignmentsRequest*,
                             grpc::ServerWriter<wire::AssignmentsMessage>* to) override {
        std::unique_lock hold(of._mutex);
        const int own = ++of._assignments;
        ++of._heard.streams;
        of._to_assign.clear();
        const wire::AssignmentsMessage complete = of._how.complete;
        hold.unlock();
        to->Write(complete);
        hold.lock();
        while (!of._stopping && own == of._assignments && !context->IsCancelled()) {
            if (of._to_assign.empty()) {
                of._news.wait_for(hold, 20ms);
                continue;
            }
            const wire::AssignmentsMessage next = std::move(of._to_assign.front());
            of._to_assign.pop_front();
            hold.unlock();
            to->Write(next);
            hold.lock();
        }
        return grpc::Status::OK;
    }
    grpc::Status AttachNetwork(grpc::ServerContext*, const wire::AttachNetworkRequest* asked,
                               wire::AttachNetworkResponse* answer) override {
        const std::lock_guard hold(of._mutex);
        of._heard.attached.push_back(*asked);
        answer->set_attachment_id("task" + std::to_string(of._heard.attached.size()));
        return grpc::Status::OK;
    }
    grpc::Status DetachNetwork(grpc::ServerContext*, const wire::DetachNetworkRequest* asked,
                               wire::DetachNetworkResponse*) override {
        const std::lock_guard hold(of._mutex);
        of._heard.detached.push_back(asked->attachment_id());
        return grpc::Status::OK;
    }
};

fake_manager::fake_manager(test_ca& ca, const test_ca::pair& with, behaviour how)
    : _ca(ca), _how(std::move(how)), _services(std::make_unique<services>(*this)) {
    grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = ca.root();
    options.pem_key_cert_pairs.push_back({with.key, with.certificate});
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &_port);
    builder.RegisterService(static_cast<wire::CA::Service*>(_services.get()));
    builder.RegisterService(static_cast<wire::NodeCA::Service*>(_services.get()));
    builder.RegisterService(static_cast<wire::Dispatcher::Service*>(_services.get()));
    builder.RegisterService(static_cast<wire::ResourceAllocator::Service*>(_services.get()));
    builder.SetMaxSendMessageSize(-1);
    _server = builder.BuildAndStart();
}

fake_manager::~fake_manager() {
    {
        const std::lock_guard hold(_mutex);
        _stopping = true;
    }
    _news.notify_all();
    _server->Shutdown(std::chrono::system_clock::now());
    _server->Wait();
}

std::string fake_manager::address() const {
    return "127.0.0.1:" + std::to_string(_port);
}

wire::SessionMessage fake_manager::session_message() {
    const std::lock_guard hold(_mutex);
    wire::SessionMessage message;
    message.set_session_id("session" + std::to_string(_session));
    auto& self = *message.add_managers();
    self.mutable_peer()->set_node_id("manager1");
    self.mutable_peer()->set_addr(address());
    self.set_weight(10);
    *message.mutable_node() = _how.node;
    message.set_root_ca(_ca.root());
    for (const auto& each : _how.keys) *message.add_network_bootstrap_keys() = each;
    return message;
}

void fake_manager::tell(const wire::SessionMessage& message) {
    const std::lock_guard hold(_mutex);
    _to_tell.push_back(message);
    _news.notify_all();
}

void fake_manager::assign(const wire::AssignmentsMessage& message) {
    const std::lock_guard hold(_mutex);
    _to_assign.push_back(message);
    _news.notify_all();
}

fake_manager::record fake_manager::heard() const {
    const std::lock_guard hold(_mutex);
    return _heard;
}

void fake_manager::change(const std::function<void(behaviour&)>& how) {
    const std::lock_guard hold(_mutex);
    how(_how);
}

}  // namespace waggle::control::swarm::test
