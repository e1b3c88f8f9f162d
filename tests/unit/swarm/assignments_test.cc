#include <gtest/gtest.h>

#include "tests/unit/swarm/manager_answers.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;
using test::next_report;
using test::virtual_member;

TEST(assigned_tasks, have_to_chain) {
    virtual_member host;
    host.become_ready({virtual_member::attachment_task("t1", "c1")});
    const stream_id first = host.stream;
    auto skipped = host.change({virtual_member::attachment_task("t2", "c2")});
    auto next = host.change({virtual_member::attachment_task("t3", "c3")});
    host.assign(next);
    const auto closed = host.next<close_stream>();
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->stream, first);
    ASSERT_TRUE(host.take_assignments_request());
    EXPECT_NE(host.stream, first);
    // What the old stream still says is not heard.
    host.core.assignments_heard(first, skipped, host.at);
    host.settle();
    EXPECT_EQ(host.seen.attachments.size(), 1U);
    // A new stream begins with everything: what it does not name is gone.
    host.assign(host.complete({virtual_member::attachment_task("t4", "c4")}));
    EXPECT_EQ(host.seen.attachments.size(), 1U);
    EXPECT_TRUE(host.seen.attachments.contains("c4"));
    // A change without a beginning.
    host.core.stream_ended(host.stream, {call_code::unavailable, "gone"}, host.at);
    host.settle();
    ASSERT_TRUE(host.take_assignments_request());
    wire::AssignmentsMessage odd;
    odd.set_type(wire::AssignmentsMessage::INCREMENTAL);
    odd.set_applies_to("1");
    odd.set_results_in("1");
    host.assign(odd);
    EXPECT_EQ(host.seen.attachments.size(), 1U);
}

TEST(assigned_tasks, of_services_are_rejected_in_batches) {
    virtual_member host;
    std::vector<wire::Task> tasks;
    for (int i = 0; i < 2500; ++i) tasks.push_back(virtual_member::container_task("t" + std::to_string(i)));
    host.become_ready(std::move(tasks));
    host.want({});
    std::size_t told = 0;
    for (const std::size_t size : {1000U, 1000U, 500U}) {
        const auto report = next_report(host);
        EXPECT_EQ(report.size(), size);
        EXPECT_EQ(report.begin()->second, wire::REJECTED);
        told += report.size();
        EXPECT_EQ(host.seen.tasks_rejected, told);
    }
    EXPECT_TRUE(next_report(host).empty());
    EXPECT_FALSE(host.next_call<wire::DetachNetworkRequest>());
}

TEST(assigned_tasks, are_reported_again_when_a_report_is_lost) {
    virtual_member host;
    host.become_ready({virtual_member::container_task("t1")});
    host.run(150ms);
    const auto call = host.next_call<wire::UpdateTaskStatusRequest>();
    ASSERT_TRUE(call);
    const auto& update = std::get<wire::UpdateTaskStatusRequest>(call->what).updates(0);
    EXPECT_NE(update.status().err().find("engine.labels.waggle!=true"), std::string::npos);
    EXPECT_GT(update.status().timestamp().seconds(), 0);
    host.fail(*call, call_code::unavailable, "gone");
    host.run(1s);
    EXPECT_EQ(next_report(host)["t1"], wire::REJECTED);
}

TEST(assigned_tasks, are_held_up_to_a_limit) {
    virtual_member host;
    std::vector<wire::Task> tasks;
    for (std::size_t i = 0; i < assignments::most + 5; ++i)
        tasks.push_back(virtual_member::container_task("t" + std::to_string(i)));
    tasks.push_back(virtual_member::container_task(std::string(1 << 16, 'x')));
    tasks.push_back(virtual_member::container_task(""));
    host.become_ready(std::move(tasks));
    EXPECT_NE(host.seen.problem.find("5 tasks of this node are not looked at"), std::string::npos)
        << host.seen.problem;
}

}  // namespace
}  // namespace waggle::control::swarm
