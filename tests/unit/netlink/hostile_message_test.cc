#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include "control/netlink/address.hh"
#include "control/netlink/link.hh"
#include "control/netlink/namespace_ids.hh"
#include "control/netlink/neighbour.hh"
#include "control/netlink/route.hh"

namespace waggle::netlink {
namespace {

void parse_all(const nlmsghdr& message) {
    (void)parse_link(message);
    (void)parse_address(message);
    (void)parse_route(message);
    (void)parse_route_answer(message);
    (void)parse_neighbour(message);
    (void)parse_namespace_id(message);
}

/// Messages of every length and of random bytes, in exactly as much memory as they claim: with sanitizers, a
/// step outside is seen.
TEST(hostile_message, never_leads_outside) {
    const unsigned seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::vector<std::uint16_t> types{RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH, RTM_NEWNSID};
    for (int i = 0; i < 20'000; ++i) {
        const std::size_t size = sizeof(nlmsghdr) + random() % 120;
        // As the kernel's buffers, aligned and padded to four bytes.
        const auto memory = std::make_unique<std::uint32_t[]>((size + 3) / 4);
        auto* bytes = reinterpret_cast<unsigned char*>(memory.get());
        for (std::size_t k = 0; k < size; ++k) bytes[k] = static_cast<unsigned char>(random() % 32);
        auto* head = reinterpret_cast<nlmsghdr*>(bytes);
        head->nlmsg_len = static_cast<std::uint32_t>(size);
        head->nlmsg_type = types[random() % types.size()];
        if (size > sizeof(nlmsghdr)) bytes[sizeof(nlmsghdr)] = random() % 2 == 0 ? AF_INET : AF_INET6;
        parse_all(*head);
    }
}

TEST(hostile_message, other_types_are_not_parsed) {
    nlmsghdr head{};
    head.nlmsg_len = sizeof head;
    head.nlmsg_type = NLMSG_DONE;
    EXPECT_FALSE(parse_link(head));
    EXPECT_FALSE(parse_address(head));
    EXPECT_FALSE(parse_route(head));
    EXPECT_FALSE(parse_route_answer(head));
    EXPECT_FALSE(parse_neighbour(head));
    EXPECT_FALSE(parse_namespace_id(head));
}

}  // namespace
}  // namespace waggle::netlink
