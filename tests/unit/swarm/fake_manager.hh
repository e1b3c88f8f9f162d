#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <grpcpp/server.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/swarm/wire/ca.grpc.pb.h"
#include "control/swarm/wire/dispatcher.grpc.pb.h"
#include "control/swarm/wire/resource.grpc.pb.h"
#include "tests/unit/swarm/test_ca.hh"

namespace waggle::control::swarm::test {

namespace wire = docker::swarmkit::v1;

/// A manager on loopback that speaks gRPC over TLS and does what a test wants. Its answers are set before a
/// member meets it; what it heard is read at any time.
class fake_manager {
public:
    struct behaviour {
        /// Sent as the root; the CA's own if empty.
        std::string root;
        /// Fails the first sessions with these.
        std::deque<grpc::Status> session_failures;
        /// Fails heartbeats with these; then answers.
        std::deque<grpc::Status> heartbeat_failures;
        /// The first heartbeats are answered with this period.
        std::chrono::milliseconds period{200};
        /// In the first message of each session.
        wire::Node node;
        std::vector<wire::EncryptionKey> keys;
        /// Each assignments stream begins with this.
        wire::AssignmentsMessage complete;
        /// Validity of what it issues.
        test_ca::validity validity;
    };

    /// `with`: the certificate it shows.
    fake_manager(test_ca& ca, const test_ca::pair& with, behaviour how);
    ~fake_manager();
    fake_manager(const fake_manager&) = delete;
    fake_manager& operator=(const fake_manager&) = delete;

    /// "127.0.0.1:PORT".
    std::string address() const;
    /// Sends another session message to the present session.
    void tell(const wire::SessionMessage& message);
    wire::SessionMessage session_message();
    /// Sends another assignments message on the present stream.
    void assign(const wire::AssignmentsMessage& message);

    struct record {
        std::vector<std::string> tokens;
        /// Common names of the certificates that session requests came with.
        std::vector<std::string> session_names;
        std::vector<wire::NodeDescription> descriptions;
        std::vector<wire::TaskStatusUpdate> updates;
        std::vector<wire::AttachNetworkRequest> attached;
        std::vector<std::string> detached;
        int heartbeats = 0;
        int issued = 0;
        int streams = 0;
    };
    record heard() const;
    void change(const std::function<void(behaviour&)>& how);

private:
    struct services;
    friend struct services;

    test_ca& _ca;
    mutable std::mutex _mutex;
    std::condition_variable _news;
    behaviour _how;
    record _heard;
    bool _stopping = false;
    int _session = 0;
    std::deque<wire::SessionMessage> _to_tell;
    std::deque<wire::AssignmentsMessage> _to_assign;
    int _assignments = 0;
    std::string _csr;
    std::string _certificate;
    int _port = 0;
    std::unique_ptr<services> _services;
    std::unique_ptr<grpc::Server> _server;
};

}  // namespace waggle::control::swarm::test
