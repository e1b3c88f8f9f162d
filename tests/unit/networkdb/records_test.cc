#include "control/gossip/networkdb/records.hh"

#include <gtest/gtest.h>

#include "tests/unit/networkdb/hex.hh"

namespace waggle::networkdb {
namespace {

const std::string peer_record_vector =
    from_hex("0a0b31302e302e312e322f3234121130323a34323a30613a30303a30313a30321a093139322e302e322e31");

peer_record example() {
    return {*ip_prefix::parse("10.0.1.2/24"), *mac_address::parse("02:42:0a:00:01:02"),
            *ip_address::parse("192.0.2.1")};
}

TEST(records, peer_record_has_the_bytes_of_stock_engines) {
    EXPECT_EQ(encode(example()), peer_record_vector);
    EXPECT_EQ(*decode_peer_record(peer_record_vector), example());
}

/// A record of three texts, as a peer may write them.
std::string raw(const std::string& address, const std::string& mac, const std::string& vtep) {
    std::string bytes;
    char field = 0x0a;
    for (const std::string& each : {address, mac, vtep}) {
        bytes += field;
        bytes += static_cast<char>(each.size());
        bytes += each;
        field = static_cast<char>(field + 8);
    }
    return bytes;
}

TEST(records, refuses_peer_records_that_do_not_parse) {
    EXPECT_TRUE(decode_peer_record(raw("10.0.1.2/24", "02:42:0a:00:01:02", "192.0.2.1")).ok());
    EXPECT_TRUE(decode_peer_record(raw("fd00::2/64", "02:42:0a:00:01:02", "2001:db8::1")).ok());
    struct row {
        const char *address, *mac, *vtep, *named;
    };
    const row rows[] = {
        {"10.0.1.2", "02:42:0a:00:01:02", "192.0.2.1", "'10.0.1.2'"},
        {"10.0.1.2/33", "02:42:0a:00:01:02", "192.0.2.1", "'10.0.1.2/33'"},
        {"0.0.0.0/24", "02:42:0a:00:01:02", "192.0.2.1", "'0.0.0.0/24'"},
        {"224.0.0.1/24", "02:42:0a:00:01:02", "192.0.2.1", "'224.0.0.1/24'"},
        {"10.0.1.2/24", "02:42:0a:00:01", "192.0.2.1", "'02:42:0a:00:01'"},
        {"10.0.1.2/24", "00:00:00:00:00:00", "192.0.2.1", "'00:00:00:00:00:00'"},
        {"10.0.1.2/24", "01:00:5e:00:00:01", "192.0.2.1", "'01:00:5e:00:00:01'"},
        {"10.0.1.2/24", "02:42:0a:00:01:02", "192.0.2.1/24", "'192.0.2.1/24'"},
        {"10.0.1.2/24", "02:42:0a:00:01:02", "127.0.0.1", "'127.0.0.1'"},
        {"10.0.1.2/24", "02:42:0a:00:01:02", "", "''"},
        {"\x1b[2J", "02:42:0a:00:01:02", "192.0.2.1", "'?[2J'"},
    };
    for (const row& each : rows) {
        auto refused = decode_peer_record(raw(each.address, each.mac, each.vtep));
        ASSERT_FALSE(refused.ok()) << each.named;
        EXPECT_NE(refused.failure().message.find(each.named), std::string::npos) << refused.failure().message;
    }
    EXPECT_FALSE(decode_peer_record("\xff\xff").ok());
}

TEST(records, endpoint_record_comes_back) {
    endpoint_record record{"web.1.abc",
                           "web",
                           "id",
                           ip_address::parse("10.0.1.9"),
                           *ip_address::parse("10.0.1.2"),
                           {{"http", 1, 80, 8080}},
                           {"www"},
                           {"c0ffee"},
                           true};
    EXPECT_EQ(*decode_endpoint_record(encode(record)), record);
    record.virtual_ip.reset();
    EXPECT_NE(encode(record).find("<nil>"), std::string::npos);
    EXPECT_EQ(*decode_endpoint_record(encode(record)), record);
}

TEST(records, refuses_endpoint_records_without_name_or_address) {
    endpoint_record record;
    record.address = *ip_address::parse("10.0.1.2");
    EXPECT_FALSE(decode_endpoint_record(encode(record)).ok());
    // Name and an address with a prefix length.
    EXPECT_FALSE(decode_endpoint_record(from_hex("0a01612a0b31302e302e312e322f3234")).ok());
    EXPECT_TRUE(decode_endpoint_record(from_hex("0a01612a0831302e302e312e32")).ok());
}

}  // namespace
}  // namespace waggle::networkdb
