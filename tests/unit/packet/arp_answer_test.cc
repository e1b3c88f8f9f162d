#include "dataplane/packet/arp_answer.hh"

#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr const char* broadcast = "ff:ff:ff:ff:ff:ff";
constexpr const char* zero = "00:00:00:00:00:00";
constexpr const char* asker = "02:42:0a:00:00:01";
constexpr const char* other = "02:42:0a:00:00:02";

bytes arp(unsigned operation, const std::string& sender_mac, const std::string& sender,
          const std::string& target_mac, const std::string& target) {
    return u16(1) + u16(0x0800) + bytes{6, 4} + u16(operation) + mac(sender_mac) + ip(sender) +
           mac(target_mac) + ip(target);
}

bytes request() {
    return ethernet(broadcast, asker, 0x0806, arp(1, asker, "10.0.0.1", zero, "10.0.0.2"));
}

arp_message classify(const bytes& frame) {
    const exact_buffer buffer(frame);
    return classify_arp(buffer.data(), buffer.size());
}

TEST(arp, reads_a_request) {
    const auto message = classify(request());
    EXPECT_EQ(message.kind, arp_kind::request);
    EXPECT_FALSE(message.unicast);
    EXPECT_EQ(message.sender_mac, mac_address::parse(asker));
    EXPECT_EQ(message.sender, ip_address::parse("10.0.0.1"));
    EXPECT_EQ(message.target, ip_address::parse("10.0.0.2"));
}

TEST(arp, reads_a_unicast_request) {
    const auto message =
        classify(ethernet(other, asker, 0x0806, arp(1, asker, "10.0.0.1", zero, "10.0.0.2")));
    EXPECT_EQ(message.kind, arp_kind::request);
    EXPECT_TRUE(message.unicast);
}

TEST(arp, tells_probes_announcements_and_replies_apart) {
    const auto kind = [](unsigned operation, const std::string& sender, const std::string& target) {
        return classify(ethernet(broadcast, asker, 0x0806, arp(operation, asker, sender, zero, target))).kind;
    };
    EXPECT_EQ(kind(1, "0.0.0.0", "10.0.0.2"), arp_kind::probe);          // RFC 5227 section 2.1.1
    EXPECT_EQ(kind(1, "10.0.0.1", "10.0.0.1"), arp_kind::announcement);  // RFC 5227 section 2.3
    EXPECT_EQ(kind(2, "10.0.0.1", "10.0.0.1"), arp_kind::announcement);
    EXPECT_EQ(kind(2, "10.0.0.1", "10.0.0.2"), arp_kind::reply);
    EXPECT_EQ(kind(3, "10.0.0.1", "10.0.0.2"), arp_kind::malformed);  // RARP
}

// RFC 826, "Packet Reception": hardware type, protocol type and lengths are checked first.
TEST(arp, refuses_what_is_not_ipv4_over_ethernet) {
    for (std::size_t at : {14, 15, 16, 17, 18, 19, 20, 21}) {
        bytes frame = request();
        frame[at] ^= 0x40;
        EXPECT_EQ(classify(frame).kind, arp_kind::malformed) << at;
    }
    for (const char* sender : {broadcast, zero, "01:00:5e:00:00:01"}) {
        const bytes frame = ethernet(broadcast, asker, 0x0806, arp(1, sender, "10.0.0.1", zero, "10.0.0.2"));
        EXPECT_EQ(classify(frame).kind, arp_kind::malformed) << sender;
    }
}

TEST(arp, survives_every_length) {
    for (std::size_t length = 14; length < 42; ++length)
        EXPECT_EQ(classify(slice(request(), 0, length)).kind, arp_kind::malformed) << length;
    EXPECT_EQ(classify(request() + bytes(18)).kind, arp_kind::request);
}

// RFC 826: swap hardware and protocol fields, put the local address into the sender field, set the opcode.
TEST(arp, replies_to_a_request) {
    const exact_buffer frame(request());
    EXPECT_EQ(build_arp_reply(frame.data(), *mac_address::parse(other)), 42U);
    EXPECT_EQ(frame.copy(), ethernet(asker, other, 0x0806, arp(2, other, "10.0.0.2", asker, "10.0.0.1")));
}

// RFC 5227 section 2.1.1: the reply to a probe names the conflicting address as the sender's.
TEST(arp, replies_to_a_probe) {
    const exact_buffer frame(ethernet(broadcast, asker, 0x0806, arp(1, asker, "0.0.0.0", zero, "10.0.0.2")));
    build_arp_reply(frame.data(), *mac_address::parse(other));
    EXPECT_EQ(frame.copy(), ethernet(asker, other, 0x0806, arp(2, other, "10.0.0.2", asker, "0.0.0.0")));
}

TEST(arp, reply_to_a_padded_request_leaves_the_padding) {
    const exact_buffer frame(request() + bytes(18, 0x55));
    EXPECT_EQ(build_arp_reply(frame.data(), *mac_address::parse(other)), 42U);
    EXPECT_EQ(slice(frame.copy(), 42), bytes(18, 0x55));
}

}  // namespace
}  // namespace waggle::test
