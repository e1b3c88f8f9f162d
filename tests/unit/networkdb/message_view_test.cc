#include "control/gossip/networkdb/message_view.hh"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "control/gossip/networkdb/codec.hh"

namespace waggle::networkdb {
namespace {

table_event event_of(lamport_time time, const std::string& value, std::int32_t residual) {
    return {residual != 0 ? table_change::remove : table_change::create,
            time,
            "0123456789ab",
            "abcdefghijklmnopqrstuvwxy",
            "overlay_peer_table",
            std::string(64, '1'),
            value,
            residual};
}

/// Whatever is seen in place is what the codec makes of it.
void expect_agreement(std::string_view bytes) {
    const auto envelope = view_envelope(bytes);
    const auto decoded = decode_envelope(bytes);
    if (envelope) {
        ASSERT_TRUE(decoded.ok());
        ASSERT_EQ(decoded->type, envelope->type);
        ASSERT_EQ(decoded->data, envelope->data);
    }
    for (const std::string_view data : {bytes, envelope ? envelope->data : std::string_view()}) {
        if (const auto seen = view_table_event(data)) {
            const auto event = decode_table_event(data);
            ASSERT_TRUE(event.ok());
            ASSERT_EQ(table_event_view(*event), *seen);
        }
        if (const auto seen = view_compound(data)) {
            const auto parts = decode_compound(data);
            ASSERT_TRUE(parts.ok());
            ASSERT_TRUE(std::equal(parts->begin(), parts->end(), seen->begin(), seen->end()));
        }
    }
}

TEST(message_view, sees_what_engines_write) {
    for (const lamport_time time : {lamport_time{0}, lamport_time{1}, lamport_time{300}, latest_time})
        for (const std::int32_t residual : {0, 1, 1800, 0x7fff'ffff})
            for (const std::size_t size : {0, 45, 300}) {
                const table_event event = event_of(time, std::string(size, 'v'), residual);
                const std::string bytes = encode(event);
                const auto envelope = view_envelope(bytes);
                ASSERT_TRUE(envelope);
                EXPECT_EQ(envelope->type, message_type::table_event);
                const auto seen = view_table_event(envelope->data);
                ASSERT_TRUE(seen);
                EXPECT_EQ(*seen, table_event_view(event));
            }
    const std::vector<std::string> parts{"", encode(event_of(5, "v", 0)), std::string(200, 'p'), ""};
    const std::string compound = encode_compound(parts);
    const auto seen = view_compound(view_envelope(compound)->data);
    ASSERT_TRUE(seen);
    EXPECT_TRUE(std::equal(parts.begin(), parts.end(), seen->begin(), seen->end()));
    EXPECT_TRUE(view_compound("")->empty());
}

TEST(message_view, leaves_to_the_codec_what_is_in_another_form) {
    const std::string plain = encode(event_of(5, "v", 0));
    // A type of a message given twice, an unknown field, a field of another wire type, a long tag.
    for (const std::string& odd : {"\x08\x02" + plain, plain + "\x18\x05", plain + "\x1a\x01x",
                                   plain + std::string("\x0d\0\0\0\0", 5), plain + "\x88\x80\x00"})
        EXPECT_FALSE(view_envelope(odd)) << odd.size();
    EXPECT_TRUE(decode_envelope(plain + "\x18\x05").ok());
    table_event bad = event_of(5, "v", 0);
    bad.network = "a/b";
    EXPECT_FALSE(view_table_event(view_envelope(encode(bad))->data));
    EXPECT_FALSE(view_table_event(view_envelope(encode(event_of(latest_time + 1, "v", 0)))->data));
}

TEST(message_view, never_sees_anything_else_than_the_codec) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::vector<std::string> whole{
        encode(event_of(5, "v", 1800)), encode(event_of(latest_time, std::string(130, 'v'), 0)),
        encode_compound({encode(event_of(300, "value", 0)), "", encode(event_of(6, "", 7))})};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = whole[random() % whole.size()];
        for (unsigned change = static_cast<unsigned>(random() % 4); change > 0; --change) {
            const std::size_t at = random() % bytes.size();
            if (random() % 4 == 0)
                bytes.erase(at, 1 + random() % 3);
            else if (random() % 4 == 0)
                bytes.insert(at, 1, static_cast<char>(random()));
            else
                bytes[at] = static_cast<char>(random() % 2 == 0 ? random() : random() % 0x40);
            if (bytes.empty()) break;
        }
        expect_agreement(bytes);
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace waggle::networkdb
