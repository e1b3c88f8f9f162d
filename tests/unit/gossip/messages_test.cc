#include "control/gossip/memberlist/wire/messages.hh"

#include <random>

#include <gtest/gtest.h>

#include "control/gossip/core/random.hh"
#include "control/gossip/memberlist/wire/compound.hh"
#include "control/gossip/memberlist/wire/packing.hh"
#include "control/gossip/memberlist/wire/push_pull.hh"
#include "tests/unit/gossip/vectors.hh"

namespace waggle::gossip::wire {
namespace {

byte_view body(const bytes& message) {
    return byte_view(message).subspan(1);
}

const ip_endpoint documentation{*ip_address::parse("192.0.2.1"), 7946};

TEST(messages, match_the_recorded_forms) {
    const ping probe{829, "0123456789ab", documentation, "ba9876543210"};
    EXPECT_EQ(to_hex(probe.encode()), to_hex(vectors::ping));
    EXPECT_EQ(*ping::decode(body(vectors::ping)), probe);
    const ack answer{829, {}};
    EXPECT_EQ(to_hex(answer.encode()), to_hex(vectors::ack));
    EXPECT_EQ(*ack::decode(body(vectors::ack)), answer);
    const alive news{1, "0123456789ab", documentation, {}, {1, 5, 2, 0, 0, 0}};
    EXPECT_EQ(to_hex(news.encode()), to_hex(vectors::alive));
    EXPECT_EQ(*alive::decode(body(vectors::alive)), news);
    const std::vector<bytes> parts{answer.encode(), news.encode()};
    EXPECT_EQ(to_hex(make_compound(parts)), to_hex(vectors::compound));
    EXPECT_EQ(to_hex(add_crc(vectors::ping)), to_hex(vectors::ping_with_crc));
    EXPECT_EQ(*unpack(vectors::ping_with_crc, 1000), vectors::ping);
    EXPECT_EQ(to_hex(compress_message(vectors::lzw_input)), to_hex(vectors::compress_message));
    EXPECT_EQ(*unpack(vectors::compress_message, 1000), vectors::lzw_input);
}

std::string random_name(random_source& random, std::size_t limit = name_limit) {
    std::string name(random.below(limit + 1), 0);
    for (char& c : name) c = static_cast<char>(random.below(256));
    return name;
}
bytes random_bytes(random_source& random, std::size_t limit) {
    bytes some(random.below(limit + 1));
    for (std::uint8_t& byte : some) byte = static_cast<std::uint8_t>(random.below(256));
    return some;
}
ip_endpoint random_endpoint(random_source& random) {
    const bytes raw = [&] {
        bytes all(16);
        for (std::uint8_t& byte : all) byte = static_cast<std::uint8_t>(random.below(256));
        return all;
    }();
    return {random.chance(0.5) ? ip_address::load_v4(raw.data()) : ip_address::load_v6(raw.data()),
            static_cast<std::uint16_t>(1 + random.below(65'535))};
}
std::uint32_t random_u32(random_source& random) {
    return static_cast<std::uint32_t>(random() >> (32 + random.below(32)));
}
std::array<std::uint8_t, 6> random_versions(random_source& random) {
    std::array<std::uint8_t, 6> versions{};
    for (std::uint8_t& v : versions) v = static_cast<std::uint8_t>(random.below(256));
    return versions;
}

template <typename Message>
void expect_round_trip(const Message& message) {
    const bytes encoded = message.encode();
    const result<Message> decoded = Message::decode(body(encoded));
    ASSERT_TRUE(decoded.ok()) << decoded.failure().message << " " << to_hex(encoded);
    EXPECT_EQ(*decoded, message) << to_hex(encoded);
    // Whatever is cut off is missed, never read beyond.
    for (std::size_t size = 0; size + 1 < encoded.size(); size += 1 + encoded.size() / 16)
        EXPECT_FALSE(Message::decode(body(encoded).first(size)).ok()) << size << " of " << to_hex(encoded);
}

TEST(messages, random_ones_survive_a_round_trip) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_source random(seed);
    for (int i = 0; i < 2000; ++i) {
        const bool sourced = random.chance(0.5);
        const ip_endpoint source = sourced ? random_endpoint(random) : ip_endpoint{};
        expect_round_trip(ping{random_u32(random), random_name(random), source, random_name(random)});
        expect_round_trip(indirect_ping{random_u32(random), random_endpoint(random), random_name(random),
                                        random.chance(0.5), source, random_name(random)});
        expect_round_trip(ack{random_u32(random), random_bytes(random, payload_limit)});
        expect_round_trip(nack{random_u32(random)});
        expect_round_trip(alive{random_u32(random), "n" + random_name(random, name_limit - 1),
                                random_endpoint(random), random_bytes(random, meta_limit),
                                random_versions(random)});
        const accusation suspect{random_u32(random), random_name(random), random_name(random)};
        EXPECT_EQ(*accusation::decode(body(suspect.encode(message_type::suspect))), suspect);
    }
}

TEST(messages, new_msgpack_unknown_and_missing_fields_are_taken) {
    // {"New": [1, {"a": 1.5}], "SeqNo": 7 as int64, "Payload": bin8 of 2}
    const result<ack> answer = ack::decode(from_hex(
        "83a34e6577920181a161cb3ff8000000000000a55365714e6fd30000000000000007a75061796c6f6164c402beef"));
    ASSERT_TRUE(answer.ok()) << answer.failure().message;
    EXPECT_EQ(*answer, (ack{7, {0xbe, 0xef}}));
    EXPECT_EQ(*ack::decode(from_hex("80")), ack{});
    // str8 keys: d9 05 "SeqNo"
    EXPECT_EQ(ack::decode(from_hex("81d9055365714e6f09"))->sequence, 9U);
    // A mapped address is an IPv4 address.
    bytes mapped{0x82, 0xa4, 'A', 'd', 'd', 'r', 0xb0};
    const ip_address v4 = documentation.ip;
    append(mapped, v4.bytes());
    append(mapped, from_hex("a4506f7274cd1f0a"));
    append(mapped, from_hex("a44e6f6465a178"));
    mapped[0] = 0x83;
    EXPECT_EQ(alive::decode(mapped)->address, documentation);
}

TEST(messages, hostile_ones_are_refused) {
    struct {
        const char* what;
        const char* hex;
    } const cases[] = {
        {"nothing", ""},
        {"an array", "90"},
        {"more pairs than bytes", "dfffffffff"},
        {"a length beyond the message", "81a55365714e6fdbffffffff"},
        {"a negative sequence", "81a55365714e6fff"},
        {"a sequence beyond 32 bits", "81a55365714e6fcf0000000100000000"},
        {"a text for a number", "81a55365714e6fa131"},
        {"an unknown type", "81a158c1"},
        {"an array that promises too much", "81a158ddffffffff"},
        {"a key that is no text", "8101a0"},
    };
    for (const auto& one : cases) EXPECT_FALSE(ack::decode(from_hex(one.hex)).ok()) << one.what;
    bytes nested(100'000, 0x91);
    bytes deep = from_hex("81a158");
    append(deep, nested);
    EXPECT_FALSE(ack::decode(deep).ok());
    EXPECT_FALSE(alive::decode(from_hex("81a44e6f6465a178")).ok()) << "no address";
    EXPECT_FALSE(indirect_ping::decode(from_hex("81a44e6f6465a178")).ok()) << "no target";
    const alive unnamed{1, "", documentation, {}, {}};
    EXPECT_FALSE(alive::decode(body(unnamed.encode())).ok()) << "no name";
    EXPECT_FALSE(split_compound({}).ok());
    EXPECT_FALSE(split_compound(from_hex("02000100")).ok());
    EXPECT_FALSE(split_compound(from_hex("010005aabb")).ok());
    EXPECT_FALSE(unpack({}, 100).ok());
    EXPECT_FALSE(unpack(from_hex("0c000000"), 100).ok());
    EXPECT_FALSE(unpack(from_hex("0c0000000002"), 100).ok());
    EXPECT_FALSE(unpack(from_hex("0982a4416c676f01a3427566a0"), 100).ok()) << "another algorithm";
    EXPECT_FALSE(unpack(compress_message(compress_message(vectors::ping)), 1000).ok()) << "compressed twice";
    EXPECT_FALSE(unpack(compress_message(bytes{}), 1000).ok());
    EXPECT_FALSE(unpack(compress_message(bytes(1001)), 1000).ok());
}

TEST(push_pull, survives_a_round_trip_and_leaves_bad_nodes_out) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_source random(seed);
    for (int round = 0; round < 50; ++round) {
        push_pull whole{random.chance(0.5), {}, random_bytes(random, 3000)};
        std::vector<member> members(random.below(40));
        for (member& who : members) {
            who = {"n" + random_name(random, name_limit - 1),  random_endpoint(random),
                   random_bytes(random, meta_limit),           random_versions(random),
                   static_cast<member_state>(random.below(4)), random_u32(random)};
            whole.nodes.push_back(
                {who.name, who.address, who.meta, who.incarnation, who.state, who.versions});
        }
        const auto encode = [&] {
            push_pull_writer out(members.size(), whole.user_state.size(), whole.join);
            for (const member& who : members) out.add(who);
            return std::move(out).finish(whole.user_state);
        };
        bytes message = encode();
        const result<push_pull> decoded = decode_push_pull(body(message), {});
        ASSERT_TRUE(decoded.ok()) << decoded.failure().message;
        EXPECT_EQ(*decoded, whole);
        message.pop_back();
        EXPECT_EQ(decode_push_pull(body(message), {}).ok(), false);
        if (members.empty()) continue;
        members[random.below(members.size())].name.clear();
        message = encode();
        const result<push_pull> rest = decode_push_pull(body(message), {});
        ASSERT_TRUE(rest.ok()) << rest.failure().message;
        EXPECT_EQ(rest->nodes.size(), members.size() - 1);
        EXPECT_EQ(rest->nodes_refused, 1U);
        EXPECT_EQ(rest->user_state, whole.user_state);
        EXPECT_FALSE(decode_push_pull(body(message), {members.size() - 1, 5000}).ok()) << "too many nodes";
    }
    EXPECT_FALSE(decode_push_pull(body(push_pull_writer(0, 100, false).finish(bytes(100))), {10, 99}).ok());
    EXPECT_FALSE(decode_push_pull(from_hex("81a54e6f646573ce7fffffff"), {}).ok());
}

TEST(user_stream, survives_a_round_trip) {
    const bytes message = encode_user_stream(vectors::ping);
    EXPECT_EQ(to_hex(*decode_user_stream(body(message))), to_hex(vectors::ping));
    EXPECT_FALSE(decode_user_stream(body(message).first(message.size() - 2)).ok());
}

}  // namespace
}  // namespace waggle::gossip::wire
