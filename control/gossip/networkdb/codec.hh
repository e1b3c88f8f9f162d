#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hh"
#include "control/gossip/networkdb/messages.hh"

/// Messages to bytes and back: byte for byte what stock engines write (gogoproto, proto3). Decoding takes
/// anything a peer can send; what it accepts keeps the limits below.
namespace waggle::networkdb {

/// Longest name of a node, network or table, and longest key, bytes. Names are not empty and have no '/',
/// which separates them in stock engines, and no control characters.
inline constexpr std::size_t longest_name = 128;
inline constexpr std::size_t longest_key = 256;
/// Longest value of an entry, bytes.
inline constexpr std::size_t longest_value = std::size_t{16} * 1024;
/// Most networks that one bulk sync names, and most (node, network) pairs of one push/pull.
inline constexpr std::size_t most_networks = 16'384;
inline constexpr std::size_t most_pairs = 4'000'000;
/// Most messages in one compound: what fits the largest stream, 20 MiB, many times over.
inline constexpr std::size_t most_parts = 1'000'000;
/// Later times are refused: a clock that overflows would make every later event look stale.
inline constexpr lamport_time latest_time = lamport_time{1} << 62;

/// As bytes with their envelope around them.
std::string encode(const node_event& event);
std::string encode(const network_event& event);
std::string encode(const push_pull& state);
std::string encode(const table_event& event);
std::string encode(const bulk_sync& sync);
/// `parts` are envelopes.
std::string encode_compound(const std::vector<std::string>& parts);
/// Bytes that encode_compound() takes for the part in addition to its own, at most; and for a compound alone.
inline constexpr std::size_t compound_part_overhead = 12;
inline constexpr std::size_t compound_overhead = 12;

result<envelope> decode_envelope(std::string_view bytes);
/// `data` of an envelope of the type.
result<node_event> decode_node_event(std::string_view data);
result<network_event> decode_network_event(std::string_view data);
result<push_pull> decode_push_pull(std::string_view data);
result<table_event> decode_table_event(std::string_view data);
result<bulk_sync> decode_bulk_sync(std::string_view data);
result<std::vector<std::string>> decode_compound(std::string_view data);

/// Whether text can be the name of a node, network or table of at most `longest` bytes.
bool is_name(std::string_view text, std::size_t longest = longest_name);

}  // namespace waggle::networkdb
