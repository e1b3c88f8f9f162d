// What a host spends on an answer to a bulk sync: all entries of a network into messages.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/harness.hh"
#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"
#include "control/gossip/networkdb/records.hh"

namespace waggle::bench {
namespace {

constexpr gossip::time_point now{std::chrono::seconds(1000)};
const std::string network = "blue";
const std::string peer = "peer";

/// As engines make them: 64 hexadecimal digits.
std::string key_of(std::uint32_t number) {
    std::string key = std::to_string(number);
    key.insert(0, 64 - key.size(), '0');
    return key;
}

std::unique_ptr<networkdb::network_db> make_tables(std::uint32_t count) {
    networkdb::networkdb_settings settings;
    settings.name = "self";
    settings.address = {ip_address::from_v4(0xc000'0201), 7946};
    auto made = std::make_unique<networkdb::network_db>(settings, 1, now);
    made->node_joined(peer, {ip_address::from_v4(0xc000'0202), 7946}, now);
    bool good = made->join_network(network, now).ok();
    for (std::uint32_t i = 0; i < count; ++i) {
        const ip_address address = ip_address::from_v4(0x0a00'0000 + i);
        const networkdb::peer_record record{
            {address, 8}, mac_address::derived_from(address), settings.address.ip};
        good = good &&
               made->create(network, networkdb::overlay_peer_table, key_of(i), networkdb::encode(record), now)
                   .ok();
    }
    if (!good) throw std::runtime_error("the entries can't be made");
    made->take_effects();
    return made;
}

measured answer(std::uint32_t count) {
    std::shared_ptr<networkdb::network_db> asked = make_tables(count);
    const std::string request =
        networkdb::encode(networkdb::bulk_sync{10, true, peer, {network}, networkdb::encode_compound({})});
    return {.run = [asked, count, request = gossip::copy_of(gossip::view_of(request))] {
        asked->user_message(request, now);
        if (asked->take_effects().reliables.empty()) throw std::runtime_error("no answer");
        return std::uint64_t{count};
    }};
}

const registration bulk_sync_answers([] {
    add_group({{.name = "gossip_bulk_sync_answer/100000", .make = [] { return answer(100'000); }}});
});

}  // namespace
}  // namespace waggle::bench
