#include "control/gossip/networkdb/codec.hh"

#include <random>

#include <gtest/gtest.h>

#include "tests/unit/networkdb/hex.hh"

namespace waggle::networkdb {
namespace {

// Made with independent code: an overlay_peer_table entry and a join, as stock engines send them.
const std::string table_event_vector = from_hex(
    "080212b001080110041a0c30313233343536373839616222196162636465666768696a6b6c6d6e6f7071727374757677"
    "78792a126f7665726c61795f706565725f7461626c653240313131313131313131313131313131313131313131313131"
    "313131313131313131313131313131313131313131313131313131313131313131313131313131313a2b0a0b31302e30"
    "2e312e322f3234121130323a34323a30613a30303a30313a30321a093139322e302e322e31");
const std::string node_join_vector = from_hex("08061212080110091a0c303132333435363738396162");

table_event example_event() {
    return {
        table_change::create,
        4,
        "0123456789ab",
        "abcdefghijklmnopqrstuvwxy",
        "overlay_peer_table",
        std::string(64, '1'),
        from_hex("0a0b31302e302e312e322f3234121130323a34323a30613a30303a30313a30321a093139322e302e322e31"),
        0};
}

TEST(codec, writes_the_bytes_of_stock_engines) {
    EXPECT_EQ(encode(example_event()), table_event_vector);
    EXPECT_EQ(encode(node_event{membership_change::join, 9, "0123456789ab"}), node_join_vector);
}

TEST(codec, reads_the_bytes_of_stock_engines) {
    auto message = decode_envelope(table_event_vector);
    ASSERT_TRUE(message.ok());
    ASSERT_EQ(message->type, message_type::table_event);
    auto event = decode_table_event(message->data);
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(*event, example_event());

    message = decode_envelope(node_join_vector);
    ASSERT_TRUE(message.ok());
    ASSERT_EQ(message->type, message_type::node_event);
    EXPECT_EQ(*decode_node_event(message->data), (node_event{membership_change::join, 9, "0123456789ab"}));
}

TEST(codec, brings_every_message_back) {
    network_event network{membership_change::leave, 77, "node", "net"};
    EXPECT_EQ(*decode_network_event(decode_envelope(encode(network))->data), network);
    push_pull state{
        5, "me", {{membership_change::join, 1, "a", "x"}, {membership_change::leave, 2, "b", "y"}}};
    EXPECT_EQ(*decode_push_pull(decode_envelope(encode(state))->data), state);
    bulk_sync sync{9, true, "me", {"x", "y"}, encode_compound({encode(example_event()), "other"})};
    EXPECT_EQ(*decode_bulk_sync(decode_envelope(encode(sync))->data), sync);
    EXPECT_EQ(*decode_compound(decode_envelope(sync.payload)->data),
              (std::vector<std::string>{encode(example_event()), "other"}));
    // Legal, and sent by hosts that have nothing.
    EXPECT_TRUE(decode_compound(decode_envelope(encode_compound({}))->data)->empty());
}

TEST(codec, overhead_of_a_part_is_what_it_says) {
    std::string part(300, 'x');
    std::size_t alone = encode_compound({}).size();
    EXPECT_LE(alone, compound_overhead);
    EXPECT_LE(encode_compound({part, part, part}).size(),
              compound_overhead + 3 * (300 + compound_part_overhead));
}

std::string table_event_with(void (*change)(table_event&)) {
    table_event event = example_event();
    change(event);
    return decode_envelope(encode(event))->data;
}

TEST(codec, refuses_what_breaks_a_limit) {
    struct row {
        const char* what;
        void (*change)(table_event&);
        const char* field;
    };
    const row rows[] = {
        {"no owner", [](table_event& e) { e.owner.clear(); }, "node name"},
        {"slash", [](table_event& e) { e.key = "a/b"; }, "key"},
        {"control character", [](table_event& e) { e.table = "a\nb"; }, "table name"},
        {"long name", [](table_event& e) { e.network = std::string(longest_name + 1, 'n'); }, "network id"},
        {"long key", [](table_event& e) { e.key = std::string(longest_key + 1, 'k'); }, "key"},
        {"long value", [](table_event& e) { e.value = std::string(longest_value + 1, 'v'); }, "value"},
        {"far future", [](table_event& e) { e.time = latest_time + 1; }, "Lamport time"},
        {"negative", [](table_event& e) { e.residual_reap_time = -1; }, "residual reap time"},
        {"no change", [](table_event& e) { e.change = table_change{0}; }, "type"},
        {"unknown change", [](table_event& e) { e.change = table_change{4}; }, "type"},
    };
    for (const row& each : rows) {
        auto refused = decode_table_event(table_event_with(each.change));
        ASSERT_FALSE(refused.ok()) << each.what;
        EXPECT_NE(refused.failure().message.find(each.field), std::string::npos)
            << each.what << ": " << refused.failure().message;
    }
    EXPECT_TRUE(decode_table_event(table_event_with([](table_event& e) {
                    e.key = std::string(longest_key, 'k');
                    e.value = std::string(longest_value, 'v');
                    e.time = latest_time;
                })).ok());
    EXPECT_FALSE(decode_envelope(from_hex("0807")).ok());
    EXPECT_FALSE(decode_envelope(from_hex("")).ok());
    EXPECT_FALSE(decode_envelope(from_hex("0802120501")).ok());
    EXPECT_FALSE(decode_network_event(decode_envelope(encode(network_event{}))->data).ok());
}

TEST(codec, survives_damaged_messages) {
    std::mt19937 random(7);
    bulk_sync sync{9, true, "me", {"x"}, encode_compound({table_event_vector, node_join_vector})};
    for (const std::string& whole : {table_event_vector, node_join_vector, encode(sync)}) {
        for (int i = 0; i < 20'000; ++i) {
            std::string damaged = whole.substr(0, random() % (whole.size() + 1));
            for (unsigned hits = random() % 4; hits > 0 && !damaged.empty(); --hits)
                damaged[random() % damaged.size()] = static_cast<char>(random());
            auto message = decode_envelope(damaged);
            if (!message) continue;
            (void)decode_table_event(message->data);
            (void)decode_node_event(message->data);
            (void)decode_network_event(message->data);
            (void)decode_push_pull(message->data);
            (void)decode_bulk_sync(message->data);
            (void)decode_compound(message->data);
        }
    }
}

}  // namespace
}  // namespace waggle::networkdb
