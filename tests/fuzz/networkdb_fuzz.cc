#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"
#include "tests/fuzz/require.hh"

/// The input as a message from a peer and as a push/pull.
namespace {

using namespace waggle;
using namespace waggle::networkdb;

/// What was accepted must come back the same from its own bytes.
template <typename Message, typename Decode>
void check_round_trip(std::string_view data, Decode&& decode) {
    auto first = decode(data);
    if (!first) return;
    auto wrapped = decode_envelope(encode(*first));
    require(wrapped.ok());
    auto second = decode(wrapped->data);
    require(second.ok() && *second == *first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string_view inner = text;
    auto message = decode_envelope(text);
    if (message) inner = message->data;
    // What is read in place is what the codec reads.
    if (auto seen = view_envelope(text))
        require(message.ok() && message->type == seen->type && message->data == seen->data);
    if (auto seen = view_table_event(inner)) {
        auto event = decode_table_event(inner);
        require(event.ok() && table_event_view(*event) == *seen);
    }
    if (auto seen = view_compound(inner)) {
        auto parts = decode_compound(inner);
        require(parts.ok() && std::equal(parts->begin(), parts->end(), seen->begin(), seen->end()));
    }
    check_round_trip<node_event>(inner, decode_node_event);
    check_round_trip<network_event>(inner, decode_network_event);
    check_round_trip<push_pull>(inner, decode_push_pull);
    check_round_trip<table_event>(inner, decode_table_event);
    check_round_trip<bulk_sync>(inner, decode_bulk_sync);

    networkdb_settings settings;
    settings.name = "self";
    time_point now{std::chrono::seconds(1)};
    network_db db(settings, 1, now);
    // The names of the corpus.
    for (const char* peer : {"0123456789ab", "peer"}) db.node_joined(peer, {}, now);
    for (const char* network : {"abcdefghijklmnopqrstuvwxy", "net"}) (void)db.join_network(network, now);
    for (int times = 0; times < 2; ++times) {
        db.user_message(std::span(data, size), now);
        db.merge_remote_state(std::span(data, size), now);
        db.advance(now += std::chrono::minutes(31));
    }
    (void)db.local_state(true, now);
    (void)db.take_effects();
    return 0;
}
