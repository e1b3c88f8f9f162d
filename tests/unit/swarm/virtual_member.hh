#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control/swarm/core/member.hh"
#include "tests/unit/swarm/test_ca.hh"

namespace waggle::control::swarm::test {

/// A member core in virtual time; the test plays the managers. Keys are made and identities kept at once.
class virtual_member {
public:
    explicit virtual_member(std::uint64_t seed = 1) : core(wire::NodeDescription(), seed) {}

    instant at{moment(std::chrono::hours(1)), std::chrono::system_clock::now()};
    member core;
    view seen;
    std::vector<effect> effects;
    std::vector<std::string> logged;
    std::optional<result<void>> join_outcome;
    std::optional<identity> kept;
    bool forgotten = false;
    bool disk_fails = false;
    int left_count = 0;

    /// Lets everything happen that the last event brought about.
    void settle() {
        for (auto next = core.take_effects(); !next.empty(); next = core.take_effects())
            for (effect& each : next) take(std::move(each));
        if (auto changed = core.take_view()) seen = std::move(*changed);
    }
    /// Runs all timers that are due within `time`.
    void run(std::chrono::milliseconds time) {
        const moment end = at.now + time;
        while (core.next_wake() <= end) {
            const moment wake = std::max(core.next_wake(), at.now);
            at.wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(wake - at.now);
            at.now = wake;
            core.advance(at);
            settle();
        }
        at.wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(end - at.now);
        at.now = end;
    }

    /// The first effect of a kind that was not taken yet.
    template <typename T>
    std::optional<T> next() {
        for (auto each = effects.begin(); each != effects.end(); ++each) {
            if (auto* found = std::get_if<T>(&*each)) {
                T taken = std::move(*found);
                effects.erase(each);
                return taken;
            }
        }
        return std::nullopt;
    }
    /// The first call with such a request.
    template <typename Request>
    std::optional<start_call> next_call() {
        for (auto each = effects.begin(); each != effects.end(); ++each) {
            auto* call = std::get_if<start_call>(&*each);
            if (call != nullptr && std::holds_alternative<Request>(call->what)) {
                start_call taken = std::move(*call);
                effects.erase(each);
                return taken;
            }
        }
        return std::nullopt;
    }
    void answer(const start_call& call, manager_response what) {
        core.answered(call.call, {}, what, at);
        settle();
    }
    void fail(const start_call& call, call_code code, const std::string& message) {
        core.answered(call.call, {code, message}, manager_response(), at);
        settle();
    }

    test_ca ca;
    std::string node_id = "node1";

    /// A certificate's way, with answers as a manager gives them; false if a step is missing.
    bool give_certificate(test_ca::validity valid = {}, const std::string& role = "swarm-worker") {
        const auto issue = next_call<wire::IssueNodeCertificateRequest>();
        if (!issue) return false;
        const std::string csr = std::get<wire::IssueNodeCertificateRequest>(issue->what).csr();
        wire::IssueNodeCertificateResponse issued;
        issued.set_node_id(node_id);
        answer(*issue, issued);
        const auto ask = next_call<wire::NodeCertificateStatusRequest>();
        if (!ask) return false;
        answer(*ask, certificate_status(csr, ca.issue(csr, node_id, role, valid)));
        return true;
    }
    static wire::NodeCertificateStatusResponse certificate_status(const std::string& csr,
                                                                  const std::string& pem) {
        wire::NodeCertificateStatusResponse status;
        status.mutable_status()->set_state(wire::IssuanceStatus::ISSUED);
        status.mutable_certificate()->set_csr(csr);
        status.mutable_certificate()->set_certificate(pem);
        return status;
    }
    /// Joined, no session yet.
    void join(test_ca::validity valid = {}) {
        core.join(ca.token(), {"192.0.2.1:2377"}, at);
        settle();
        const auto root = next_call<wire::GetRootCACertificateRequest>();
        ASSERT_TRUE(root);
        wire::GetRootCACertificateResponse answered;
        answered.set_certificate(ca.root());
        answer(*root, answered);
        ASSERT_TRUE(give_certificate(valid));
        ASSERT_TRUE(join_outcome && *join_outcome)
            << (join_outcome ? join_outcome->failure().message : "none");
    }

    stream_id session = 0;
    stream_id stream = 0;
    link_id link = 0;
    std::string session_id;
    int sessions = 0;
    int results = 0;

    static void add_manager(wire::SessionMessage& to, const std::string& address, std::int64_t weight = 10) {
        auto& each = *to.add_managers();
        each.mutable_peer()->set_node_id("m" + address);
        each.mutable_peer()->set_addr(address);
        each.set_weight(weight);
    }
    static void add_key(wire::SessionMessage& to, const std::string& subsystem, std::uint64_t lamport,
                        char fill) {
        auto& each = *to.add_network_bootstrap_keys();
        each.set_subsystem(subsystem);
        each.set_lamport_time(lamport);
        each.set_key(std::string(16, fill));
    }
    wire::SessionMessage session_message() {
        wire::SessionMessage message;
        message.set_session_id(session_id);
        add_manager(message, "192.0.2.1:2377");
        for (std::uint64_t i = 0; i < 3; ++i) {
            add_key(message, "networking:gossip", 12 - i, static_cast<char>('a' + i));
            add_key(message, "networking:ipsec", 20 + i, static_cast<char>('x' + i));
        }
        message.mutable_node()->set_id(node_id);
        message.set_root_ca(ca.root());
        return message;
    }
    void tell(const wire::SessionMessage& message) {
        core.session_heard(session, message, at);
        settle();
    }
    /// Answers a waiting session request; false if there is none within 10 s.
    bool open_the_session() {
        if (!take_session_request()) return false;
        session_id = "session" + std::to_string(++sessions);
        tell(session_message());
        core.advance(at);
        settle();
        return take_assignments_request();
    }
    bool take_session_request() {
        auto asked = next<swarm::open_session>();
        for (int i = 0; !asked && i < 100; ++i) {
            run(std::chrono::milliseconds(100));
            asked = next<swarm::open_session>();
        }
        if (!asked) return false;
        session = asked->stream;
        link = asked->link;
        return true;
    }
    bool take_assignments_request() {
        auto asked = next<swarm::open_assignments>();
        for (int i = 0; !asked && i < 100; ++i) {
            run(std::chrono::milliseconds(100));
            asked = next<swarm::open_assignments>();
        }
        if (!asked) return false;
        EXPECT_EQ(asked->what.session_id(), session_id);
        stream = asked->stream;
        return true;
    }
    void assign(wire::AssignmentsMessage message) {
        core.assignments_heard(stream, std::move(message), at);
        settle();
    }
    wire::AssignmentsMessage complete(std::vector<wire::Task> tasks = {}) {
        wire::AssignmentsMessage message;
        message.set_type(wire::AssignmentsMessage::COMPLETE);
        results = 1;
        message.set_results_in("1");
        for (wire::Task& each : tasks)
            *message.add_changes()->mutable_assignment()->mutable_task() = std::move(each);
        return message;
    }
    wire::AssignmentsMessage change(std::vector<wire::Task> updated, std::vector<std::string> removed = {}) {
        wire::AssignmentsMessage message;
        message.set_type(wire::AssignmentsMessage::INCREMENTAL);
        message.set_applies_to(std::to_string(results));
        message.set_results_in(std::to_string(++results));
        for (wire::Task& each : updated)
            *message.add_changes()->mutable_assignment()->mutable_task() = std::move(each);
        for (const std::string& id : removed) {
            auto& each = *message.add_changes();
            each.mutable_assignment()->mutable_task()->set_id(id);
            each.set_action(wire::AssignmentChange::REMOVE);
        }
        return message;
    }
    static wire::Network network(const std::string& name) {
        wire::Network made;
        made.set_id("net-" + name);
        made.mutable_spec()->mutable_annotations()->set_name(name);
        made.mutable_spec()->set_attachable(true);
        made.mutable_driver_state()->set_name("overlay");
        (*made.mutable_driver_state()->mutable_options())["com.docker.network.driver.overlay.vxlanid_list"] =
            "4097";
        auto& subnet = *made.mutable_ipam()->add_configs();
        subnet.set_subnet("10.0.1.0/24");
        subnet.set_gateway("10.0.1.1");
        return made;
    }
    static wire::Task attachment_task(const std::string& id, const std::string& container,
                                      const std::string& on = "red",
                                      const std::string& address = "10.0.1.11/24") {
        wire::Task task;
        task.set_id(id);
        task.set_desired_state(wire::RUNNING);
        task.mutable_status()->set_state(wire::ASSIGNED);
        task.mutable_spec()->mutable_attachment()->set_container_id(container);
        auto& given = *task.add_networks();
        *given.mutable_network() = network(on);
        given.add_addresses(address);
        return task;
    }
    static wire::Task container_task(const std::string& id) {
        wire::Task task;
        task.set_id(id);
        task.set_desired_state(wire::RUNNING);
        task.mutable_status()->set_state(wire::ASSIGNED);
        task.mutable_spec()->mutable_container()->set_image("busybox");
        return task;
    }
    /// A member with a session and a complete list of tasks.
    void become_ready(std::vector<wire::Task> tasks = {}) {
        ASSERT_NO_FATAL_FAILURE(join());
        ASSERT_TRUE(open_the_session());
        assign(complete(std::move(tasks)));
        ASSERT_EQ(seen.phase, phase::ready);
    }
    void want(const std::vector<std::pair<std::string, std::string>>& all) {
        std::map<std::string, wanted_attachment> wanted;
        for (const auto& [container, target] : all) wanted[container].target = target;
        core.want(std::move(wanted), at);
        settle();
    }

private:
    void take(effect&& each) {
        if (std::get_if<make_key>(&each) != nullptr) {
            core.key_made(make_certificate_request(), at);
        } else if (auto* identity_to_keep = std::get_if<keep_identity>(&each)) {
            if (disk_fails) {
                core.identity_kept(error{"the disk is full"}, at);
            } else {
                kept = identity_to_keep->what;
                core.identity_kept({}, at);
            }
        } else if (auto* outcome = std::get_if<joined>(&each)) {
            join_outcome = outcome->outcome;
        } else if (std::get_if<forget_identity>(&each) != nullptr) {
            forgotten = true;
        } else if (std::get_if<left>(&each) != nullptr) {
            ++left_count;
        } else if (auto* line = std::get_if<log_line>(&each)) {
            logged.push_back(line->text);
        } else {
            effects.push_back(std::move(each));
        }
    }
};

}  // namespace waggle::control::swarm::test
