#include <fstream>

#include <sys/stat.h>

#include "control/netlink/namespace.hh"
#include "tests/unit/netlink/namespace_fixture.hh"

namespace waggle::netlink {
namespace {

class named_namespace_test : public test::namespace_test {};

TEST_F(named_namespace_test, is_made_opened_and_deleted) {
    const std::string name = full_name("one");
    remove_at_end(name);
    ASSERT_TRUE(create_named_namespace(name));
    auto opened = network_namespace::open_name(name);
    ASSERT_TRUE(opened) << opened.failure().message;
    auto here = network_namespace::current();
    ASSERT_TRUE(here);
    EXPECT_NE(opened->identity(), here->identity());

    const auto again = create_named_namespace(name);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.failure().message,
              "create network namespace " + name + ": /run/netns/" + name + ": File exists");

    ASSERT_TRUE(delete_named_namespace(name));
    EXPECT_FALSE(network_namespace::open_name(name));
    EXPECT_TRUE(delete_named_namespace(name)) << "nothing to delete is fine";
}

TEST_F(named_namespace_test, iproute2_sees_it_and_we_see_iproute2s) {
    const std::string ours = make_namespace("ours");
    const std::string theirs = full_name("theirs");
    remove_at_end(theirs);
    EXPECT_EQ(system(("ip -n " + ours + " link show lo >/dev/null").c_str()), 0);
    ASSERT_EQ(system(("ip netns add " + theirs).c_str()), 0);
    EXPECT_TRUE(network_namespace::open_name(theirs));
    EXPECT_TRUE(delete_named_namespace(theirs));
    ASSERT_EQ(system(("ip netns del " + ours).c_str()), 0);
    EXPECT_FALSE(network_namespace::open_name(ours));
}

TEST_F(named_namespace_test, an_existing_one_is_adopted) {
    const std::string name = make_namespace("adopt");
    const namespace_identity identity = open(name).identity();
    auto adopted = open_or_create_named_namespace(name);
    ASSERT_TRUE(adopted) << adopted.failure().message;
    EXPECT_EQ(adopted->identity(), identity);
}

TEST_F(named_namespace_test, the_file_of_a_crash_is_replaced) {
    const std::string name = make_namespace("crash");
    ASSERT_TRUE(delete_named_namespace(name));
    std::ofstream(namespace_path(name)).put('\n');
    auto made = open_or_create_named_namespace(name);
    ASSERT_TRUE(made) << made.failure().message;
}

TEST_F(named_namespace_test, names_that_are_paths_are_refused) {
    for (const char* name : {"", ".", "..", "a/b"}) {
        EXPECT_FALSE(create_named_namespace(name));
        EXPECT_FALSE(delete_named_namespace(name));
        const auto opened = open_or_create_named_namespace(name);
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.failure().message.find("can't name a network namespace"), std::string::npos);
    }
}

TEST_F(named_namespace_test, only_network_namespaces_are_opened) {
    EXPECT_EQ(network_namespace::open_path("/proc/self/ns/uts").failure().message,
              "/proc/self/ns/uts is not a network namespace");
    EXPECT_EQ(network_namespace::open_path("/dev/null").failure().message,
              "/dev/null is not a network namespace");
    EXPECT_EQ(network_namespace::open_path("/no/such").failure().message,
              "open /no/such: No such file or directory");
    EXPECT_EQ(network_namespace::open(config::namespace_by_pid{4'000'000}).failure().message,
              "network namespace of process 4000000: open /proc/4000000/ns/net: No such file or directory");
    EXPECT_EQ(network_namespace::open(config::namespace_by_name{"no-such"}).failure().message,
              "network namespace no-such: open /run/netns/no-such: No such file or directory");
    EXPECT_EQ(network_namespace::open(config::namespace_by_path{"/no/such"}).failure().message,
              "network namespace /no/such: open /no/such: No such file or directory");
    // A FIFO must not hold the caller.
    const std::string fifo = "/tmp/" + full_name("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_FALSE(network_namespace::open_path(fifo));
    unlink(fifo.c_str());
}

TEST_F(named_namespace_test, work_runs_inside_and_the_caller_stays) {
    const std::string name = make_namespace("work");
    const namespace_identity before = network_namespace::current()->identity();
    namespace_identity inside;
    ASSERT_TRUE(run_in_namespace(open(name), [&] { inside = network_namespace::current()->identity(); }));
    EXPECT_EQ(inside, open(name).identity());
    EXPECT_EQ(network_namespace::current()->identity(), before);
}

}  // namespace
}  // namespace waggle::netlink
