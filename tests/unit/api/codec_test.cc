#include "dataplane/api/codec.hh"

#include <gtest/gtest.h>

#include "dataplane/api/change_encoder.hh"
#include "dataplane/api/change_receiver.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/report_codec.hh"
#include "tests/unit/api/random_state.hh"

namespace waggle::api {
namespace {

template <typename Message>
Message parse(std::string_view frame) {
    Message message;
    EXPECT_TRUE(message.ParseFromArray(frame.data(), static_cast<int>(frame.size())));
    return message;
}

std::vector<wire::ToDataplane> all_messages(change_encoder& encoder) {
    std::string bytes;
    while (encoder.next(bytes)) {
    }
    frame_reader reader(longest_owner_message);
    const auto space = reader.space(bytes.size());
    std::copy(bytes.begin(), bytes.end(), space.begin());
    reader.received(bytes.size());
    std::vector<wire::ToDataplane> messages;
    for (auto frame = reader.next(); frame.ok() && *frame; frame = reader.next())
        messages.push_back(parse<wire::ToDataplane>(**frame));
    EXPECT_FALSE(reader.has_partial());
    return messages;
}

TEST(codec, a_snapshot_comes_out_as_it_went_in) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    for (int round = 0; round < 100; ++round) {
        const auto whole = std::make_shared<const state>(states.next());
        const auto messages = all_messages(*encode_snapshot(whole, 7));
        ASSERT_TRUE(messages.front().has_snapshot_begin());
        ASSERT_EQ(messages.back().snapshot_end().generation(), 7U);
        delta received;
        for (std::size_t i = 1; i + 1 < messages.size(); ++i)
            ASSERT_TRUE(decode(messages[i].snapshot_part(), received.upserts).ok());
        state out;
        apply(out, received);
        ASSERT_TRUE(out == *whole);
    }
}

TEST(codec, a_delta_comes_out_as_it_went_in) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_states states(seed);
    state from = states.next();
    for (int round = 0; round < 100; ++round) {
        const state to = states.next();
        const auto messages = all_messages(*encode_delta(difference(from, to), 9, 8));
        delta received;
        for (const wire::ToDataplane& message : messages) {
            ASSERT_EQ(message.delta().generation(), 9U);
            ASSERT_EQ(message.delta().base(), 8U);
            ASSERT_TRUE(decode(message.delta().upserts(), received.upserts).ok());
            ASSERT_TRUE(decode(message.delta().removals(), received.removals).ok());
        }
        apply(from, received);
        ASSERT_TRUE(from == to);
    }
}

TEST(codec, a_big_change_is_cut_into_messages) {
    delta change;
    for (std::uint64_t i = 0; i < 3 * entries_per_message; ++i) {
        change.upserts.forwarding.emplace_back(
            forwarding_key{*vni::from(1), mac_address::from_u64(2 * i + 2)}, ip_address::from_v4(1));
        change.removals.neighbours.push_back(
            {*vni::from(1), ip_address::from_v4(static_cast<std::uint32_t>(i))});
    }
    const auto messages = all_messages(*encode_delta(change, 2, 1));
    ASSERT_EQ(messages.size(), 6U);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        EXPECT_EQ(messages[i].delta().more(), i != 5);
        EXPECT_LT(messages[i].ByteSizeLong(), 400'000U);
    }
    EXPECT_EQ(all_messages(*encode_delta({}, 2, 1)).size(), 1U);
}

struct bad_entries {
    const char* what;
    std::function<void(wire::Entries&)> build;
};

TEST(codec, malformed_entries_are_refused_with_the_reason) {
    const std::vector<bad_entries> cases = {
        {"VNI 16777216 is above 16777215", [](wire::Entries& e) { e.add_overlays()->set_vni(1 << 24); }},
        {"MTU 65536 of overlay 1 is above 65535",
         [](wire::Entries& e) {
             e.add_overlays()->set_vni(1);
             e.mutable_overlays(0)->set_mtu(65536);
         }},
        {"UDP port 65536 is above 65535", [](wire::Entries& e) { e.set_udp_port(65536); }},
        {"MTU 70000 of port \"p\" is above 65535",
         [](wire::Entries& e) {
             e.add_ports()->set_name("p");
             e.mutable_ports(0)->set_mtu(70000);
         }},
        {"port \"p\" is of no kind", [](wire::Entries& e) { e.add_ports()->set_name("p"); }},
        {"VTEP address of neither 4 nor 16 bytes",
         [](wire::Entries& e) { e.add_vteps()->set_address("12345"); }},
        {"source address of neither 4 nor 16 bytes",
         [](wire::Entries& e) {
             e.add_vteps()->set_address("1234");
             e.mutable_vteps(0)->mutable_hop()->set_source("");
         }},
        {"MTU 65536 of the way to VTEP 49.50.51.52 is above 65535",
         [](wire::Entries& e) {
             e.add_vteps()->set_address("1234");
             e.mutable_vteps(0)->mutable_hop()->set_source("1234");
             e.mutable_vteps(0)->mutable_hop()->set_path_mtu(65536);
         }},
        {"a MAC address of more than 48 bits",
         [](wire::Entries& e) {
             e.add_vteps()->set_address("1234");
             e.mutable_vteps(0)->mutable_hop()->set_source("1234");
             e.mutable_vteps(0)->mutable_hop()->set_source_mac(1ULL << 48);
         }},
        {"columns of different lengths in members",
         [](wire::Entries& e) { e.mutable_members()->add_overlay(1); }},
        {"member of an address that is not there",
         [](wire::Entries& e) {
             e.mutable_members()->add_overlay(1);
             e.mutable_members()->add_vtep(0);
         }},
        {"member address of neither 4 nor 16 bytes",
         [](wire::Entries& e) { e.mutable_members()->add_addresses("1"); }},
        {"columns of different lengths in forwarding entries",
         [](wire::Entries& e) {
             e.mutable_forwarding()->add_mac(2);
             e.mutable_forwarding()->add_overlay(2);
         }},
        {"forwarding entry with a target that is not there",
         [](wire::Entries& e) {
             e.mutable_forwarding()->add_mac(2);
             e.mutable_forwarding()->add_overlay(2);
             e.mutable_forwarding()->add_target(0);
         }},
        {"target address of neither 4 nor 16 bytes",
         [](wire::Entries& e) { e.mutable_forwarding()->add_targets(); }},
        {"a MAC address of more than 48 bits",
         [](wire::Entries& e) {
             e.mutable_forwarding()->add_targets()->set_port("p");
             e.mutable_forwarding()->add_mac(1ULL << 48);
             e.mutable_forwarding()->add_overlay(2);
             e.mutable_forwarding()->add_target(0);
         }},
        {"columns of different lengths in neighbours",
         [](wire::Entries& e) {
             e.mutable_neighbours_v4()->add_overlay(1);
             e.mutable_neighbours_v4()->add_mac(1);
         }},
        {"columns of different lengths in neighbours",
         [](wire::Entries& e) {
             e.mutable_neighbours_v6()->add_overlay(1);
             e.mutable_neighbours_v6()->add_mac(1);
             e.mutable_neighbours_v6()->add_ip_high(1);
         }},
        {"a MAC address of more than 48 bits",
         [](wire::Entries& e) {
             e.mutable_neighbours_v4()->add_overlay(1);
             e.mutable_neighbours_v4()->add_ip(1);
             e.mutable_neighbours_v4()->add_mac(~0ULL);
         }},
    };
    for (const bad_entries& one : cases) {
        wire::Entries entries;
        one.build(entries);
        delta::upsert_lists lists;
        const auto decoded = decode(entries, lists);
        ASSERT_FALSE(decoded.ok()) << one.what;
        EXPECT_EQ(decoded.failure().message, std::string("malformed message: ") + one.what);
    }
}

TEST(codec, malformed_keys_are_refused) {
    const auto refusal = [](auto build) {
        wire::Keys keys;
        build(keys);
        delta::removal_lists lists;
        const auto decoded = decode(keys, lists);
        return decoded.ok() ? std::string() : decoded.failure().message;
    };
    EXPECT_EQ(refusal([](wire::Keys& k) { k.add_overlays(1 << 24); }),
              "malformed message: VNI 16777216 is above 16777215");
    EXPECT_EQ(refusal([](wire::Keys& k) { k.add_vteps("x"); }),
              "malformed message: VTEP address of neither 4 nor 16 bytes");
    EXPECT_EQ(refusal([](wire::Keys& k) { k.mutable_forwarding()->add_mac(1); }),
              "malformed message: columns of different lengths in forwarding entries");
    EXPECT_EQ(refusal([](wire::Keys& k) { k.mutable_neighbours_v6()->add_ip_low(1); }),
              "malformed message: columns of different lengths in neighbours");
}

TEST(framing, cuts_a_stream_that_comes_in_any_pieces) {
    std::string bytes;
    for (int i = 0; i < 200; ++i) {
        wire::FromDataplane message;
        message.mutable_closing()->set_reason(std::string(static_cast<std::size_t>(i) * 37, 'x'));
        append_frame(bytes, message);
    }
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    frame_reader reader(longest_answer);
    std::size_t at = 0;
    std::size_t expected = 0;
    while (at < bytes.size()) {
        const std::size_t piece = std::min<std::size_t>(1 + random() % 5000, bytes.size() - at);
        const auto space = reader.space(piece);
        ASSERT_GE(space.size(), piece);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece, space.begin());
        reader.received(piece);
        at += piece;
        for (;;) {
            const auto frame = reader.next();
            ASSERT_TRUE(frame.ok());
            if (!*frame) break;
            ASSERT_EQ(parse<wire::FromDataplane>(**frame).closing().reason().size(), expected++ * 37);
        }
    }
    EXPECT_EQ(expected, 200U);
    EXPECT_FALSE(reader.has_partial());
}

TEST(framing, refuses_a_length_above_the_limit_before_the_message_came) {
    frame_reader reader(1000);
    const auto space = reader.space(4);
    const std::array<unsigned char, 4> length{0, 0, 3, 233};
    std::copy(length.begin(), length.end(), space.begin());
    reader.received(4);
    const auto frame = reader.next();
    ASSERT_FALSE(frame.ok());
    EXPECT_EQ(frame.failure().message, "a message of 1001 bytes; at most 1000 are allowed");
}

TEST(report_codec, reports_come_out_as_they_went_in) {
    const port_report port{.name = "uplink",
                           .kind = "packet",
                           .role = port_role::underlay,
                           .overlay = std::nullopt,
                           .mtu = 1500,
                           .up = true,
                           .received_packets = 1,
                           .received_bytes = 2,
                           .sent_packets = 3,
                           .sent_bytes = 4,
                           .receive_errors = 5,
                           .send_errors = 6,
                           .joined_packets = 7};
    wire::PortReport wire_port;
    encode(port, wire_port);
    EXPECT_EQ(*decode(wire_port), port);
    const overlay_report overlay{*vni::from(5), {"five", 1450, true}, 3, 4};
    wire::OverlayReport wire_overlay;
    encode(overlay, wire_overlay);
    EXPECT_EQ(*decode(wire_overlay), overlay);
    const event down{event::kind::port_down, "x"};
    wire::Event wire_event;
    encode(down, wire_event);
    EXPECT_EQ(*decode(wire_event), down);
}

}  // namespace
}  // namespace waggle::api
