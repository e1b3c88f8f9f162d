#include "dataplane/packet/neighbour_discovery_answer.hh"
#include "tests/unit/packet/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr const char* asker_mac = "02:42:0a:00:00:01";
constexpr const char* target_mac = "02:42:0a:00:00:02";
constexpr const char* group_mac = "33:33:ff:00:00:02";
constexpr const char* asker = "fd00::1";
constexpr const char* target = "fd00::2";
constexpr const char* solicited_node = "ff02::1:ff00:2";

const bytes source_option = bytes{1, 1} + mac(asker_mac);

/// A neighbour solicitation whose parts can be spoilt one by one.
struct solicitation {
    std::string source = asker;
    std::string destination = solicited_node;
    std::string asked = target;
    bytes options = source_option;
    std::string frame_destination = group_mac;
    std::uint8_t type = 135;
    std::uint8_t code = 0;
    unsigned hop_limit = 255;
    unsigned checksum_error = 0;

    bytes icmp() const {
        bytes message = bytes{type, code, 0, 0} + u32(0) + ip(asked) + options;
        message = with_checksum(source, destination, 58, message, 2);
        put16(message, 2, get16(message, 2) ^ checksum_error);
        return message;
    }
    bytes frame() const {
        return ethernet(frame_destination, asker_mac, 0x86dd,
                        ipv6(source, destination, 58, icmp(), {.ttl = hop_limit}));
    }
};

neighbour_request classify(const bytes& frame, bool checksum_pending = false) {
    const exact_buffer buffer(frame);
    const auto parsed = parse_inner_frame(buffer.data(), buffer.size());
    EXPECT_EQ(parsed.kind, frame_kind::ipv6);
    return classify_neighbour(buffer.data(), parsed, checksum_pending);
}

TEST(neighbour_discovery, reads_a_solicitation) {
    const auto request = classify(solicitation{}.frame());
    EXPECT_EQ(request.kind, neighbour_kind::solicitation);
    EXPECT_FALSE(request.unicast);
    EXPECT_EQ(request.sender_mac, mac_address::parse(asker_mac));
    EXPECT_EQ(request.sender, ip_address::parse(asker));
    EXPECT_EQ(request.target, ip_address::parse(target));
}

TEST(neighbour_discovery, reads_a_unicast_solicitation_without_option) {
    const auto request =
        classify(solicitation{.destination = target, .options = {}, .frame_destination = target_mac}.frame());
    EXPECT_EQ(request.kind, neighbour_kind::solicitation);
    EXPECT_TRUE(request.unicast);
    EXPECT_EQ(request.sender_mac, mac_address::parse(asker_mac));
}

TEST(neighbour_discovery, reads_the_probe_of_duplicate_address_detection) {
    const auto request = classify(solicitation{.source = "::", .options = {}}.frame());
    EXPECT_EQ(request.kind, neighbour_kind::probe);
    EXPECT_EQ(request.target, ip_address::parse(target));
    // Linux adds a nonce (RFC 7527) to its probes.
    EXPECT_EQ(classify(solicitation{.source = "::", .options = {14, 1, 1, 2, 3, 4, 5, 6}}.frame()).kind,
              neighbour_kind::probe);
}

// RFC 4861 section 7.1.1, line by line.
TEST(neighbour_discovery, refuses_invalid_solicitations) {
    const struct {
        const char* why;
        solicitation message;
    } cases[] = {
        {"hop limit is not 255", {.hop_limit = 254}},
        {"checksum", {.checksum_error = 0x0100}},
        {"code is not 0", {.code = 1}},
        {"target is multicast", {.asked = solicited_node}},
        {"option of length 0", {.options = bytes{1, 0, 0, 0, 0, 0, 0, 0}}},
        {"second option of length 0", {.options = source_option + bytes{9, 0, 0, 0, 0, 0, 0, 0}}},
        {"option beyond the end", {.options = bytes{1, 2, 0, 0, 0, 0, 0, 0}}},
        {"half an option header", {.options = bytes{1}}},
        {"probe to another address than the solicited-node group",
         {.source = "::", .destination = target, .options = {}}},
        {"probe with a source link-layer option", {.source = "::"}},
        {"source is multicast", {.source = "ff02::1"}},
        {"link-layer address is multicast", {.options = bytes{1, 1} + mac("33:33:00:00:00:01")}},
    };
    for (const auto& one : cases)
        EXPECT_EQ(classify(one.message.frame()).kind, neighbour_kind::malformed) << one.why;
    // Length below 24.
    for (std::size_t length = 1; length < 24; ++length) {
        const bytes cut = slice(solicitation{}.icmp(), 0, length);
        EXPECT_EQ(classify(ethernet(group_mac, asker_mac, 0x86dd,
                                    ipv6(asker, solicited_node, 58, cut, {.ttl = 255})))
                      .kind,
                  neighbour_kind::malformed)
            << length;
    }
}

// RFC 6980 section 5.
TEST(neighbour_discovery, refuses_fragments) {
    const bytes fragment = bytes{58, 0, 0, 1, 0, 0, 0, 7} + solicitation{}.icmp();
    EXPECT_EQ(classify(ethernet(group_mac, asker_mac, 0x86dd,
                                ipv6(asker, solicited_node, 44, fragment, {.ttl = 255})))
                  .kind,
              neighbour_kind::malformed);
}

TEST(neighbour_discovery, does_not_look_at_a_partial_checksum) {
    EXPECT_EQ(classify(solicitation{.checksum_error = 0x0100}.frame(), true).kind,
              neighbour_kind::solicitation);
}

TEST(neighbour_discovery, skips_unknown_options) {
    const bytes unknown = bytes{200, 2} + bytes(14, 7);
    const auto request =
        classify(solicitation{.options = unknown + bytes{1, 1} + mac("02:00:00:00:00:77")}.frame());
    EXPECT_EQ(request.kind, neighbour_kind::solicitation);
    EXPECT_EQ(request.sender_mac, mac_address::parse("02:00:00:00:00:77"));
}

TEST(neighbour_discovery, tells_the_other_messages_apart) {
    const auto kind = [](std::uint8_t type) { return classify(solicitation{.type = type}.frame()).kind; };
    EXPECT_EQ(kind(133), neighbour_kind::router_solicitation);
    EXPECT_EQ(kind(134), neighbour_kind::router_advertisement);
    EXPECT_EQ(kind(136), neighbour_kind::advertisement);
    EXPECT_EQ(kind(137), neighbour_kind::redirect);
    EXPECT_EQ(kind(130), neighbour_kind::multicast_listener);
    EXPECT_EQ(kind(143), neighbour_kind::multicast_listener);
    EXPECT_EQ(kind(128), neighbour_kind::none);
    EXPECT_EQ(kind(1), neighbour_kind::none);
    EXPECT_EQ(classify(ethernet(group_mac, asker_mac, 0x86dd, ipv6(asker, target, 17, udp(1, 2, {})))).kind,
              neighbour_kind::none);
    // A listener report comes behind a hop-by-hop header with a router alert (RFC 3810 section 5).
    const bytes alert{58, 0, 5, 2, 0, 0, 1, 0};
    EXPECT_EQ(classify(ethernet("33:33:00:00:00:16", asker_mac, 0x86dd,
                                ipv6("::", "ff02::16", 0, alert + bytes{143, 0, 0, 0, 0, 0, 0, 0})))
                  .kind,
              neighbour_kind::multicast_listener);
}

bytes advertisement(const std::string& destination, unsigned flags) {
    const bytes message = bytes{136, 0, 0, 0} + u32(flags) + ip(target) + bytes{2, 1} + mac(target_mac);
    return ipv6(target, destination, 58, with_checksum(target, destination, 58, message, 2), {.ttl = 255});
}

bytes answer(const bytes& question) {
    const exact_buffer frame(question + bytes(question.size() < 86 ? 86 - question.size() : 0));
    const auto request = classify(question);
    build_neighbour_advertisement(frame.data(), request, *mac_address::parse(target_mac));
    return slice(frame.copy(), 0, neighbour_advertisement_length);
}

// RFC 4861 section 7.2.4: solicited and override, target link-layer option, unicast to the asker.
TEST(neighbour_discovery, answers_a_solicitation) {
    EXPECT_EQ(answer(solicitation{}.frame()),
              ethernet(asker_mac, target_mac, 0x86dd, advertisement(asker, 0x6000'0000)));
}

TEST(neighbour_discovery, answers_a_shorter_solicitation) {
    const bytes question = solicitation{.options = {}}.frame();
    ASSERT_LT(question.size(), neighbour_advertisement_length);
    EXPECT_EQ(answer(question), ethernet(asker_mac, target_mac, 0x86dd, advertisement(asker, 0x6000'0000)));
}

// RFC 4861 section 7.2.4: a solicitation from :: is answered to all nodes, without the solicited flag.
TEST(neighbour_discovery, answers_a_probe) {
    EXPECT_EQ(answer(solicitation{.source = "::", .options = {}}.frame()),
              ethernet("33:33:00:00:00:01", target_mac, 0x86dd, advertisement("ff02::1", 0x2000'0000)));
}

}  // namespace
}  // namespace waggle::test
