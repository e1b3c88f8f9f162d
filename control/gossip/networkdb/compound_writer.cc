#include "control/gossip/networkdb/compound_writer.hh"

#include <bit>
#include <cstdint>
#include <utility>

namespace waggle::networkdb {
namespace {

/// Protobuf's wire types that are used here.
constexpr std::uint8_t varint = 0;
constexpr std::uint8_t delimited = 2;

constexpr std::size_t varint_size(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}
constexpr std::size_t delimited_size(std::size_t size) {
    return 1 + varint_size(size) + size;
}
/// A field that is left out if it is empty or 0, as proto3 does.
std::size_t field_size(std::string_view text) {
    return text.empty() ? 0 : delimited_size(text.size());
}
std::size_t field_size(std::uint64_t number) {
    return number == 0 ? 0 : 1 + varint_size(number);
}

/// Field numbers below 16 take one byte with their type.
void put_tag(std::string& to, unsigned field, std::uint8_t type) {
    to.push_back(static_cast<char>(field << 3 | type));
}
void put_varint(std::string& to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
    to.push_back(static_cast<char>(value));
}
void put_head(std::string& to, unsigned field, std::size_t size) {
    put_tag(to, field, delimited);
    put_varint(to, size);
}
void put(std::string& to, unsigned field, std::string_view text) {
    if (text.empty()) return;
    put_head(to, field, text.size());
    to.append(text);
}
void put(std::string& to, unsigned field, std::uint64_t number) {
    if (number == 0) return;
    put_tag(to, field, varint);
    put_varint(to, number);
}

// Field numbers as in networkdb.proto: GossipMessage has type 1 and data 2, CompoundMessage messages 1, and
// each of them payload 1.

std::size_t envelope_size(message_type type, std::size_t size) {
    return field_size(static_cast<std::uint64_t>(type)) + (size == 0 ? 0 : delimited_size(size));
}
/// All of the envelope but the data, `size` bytes, which come next.
void put_envelope(std::string& to, message_type type, std::size_t size) {
    put(to, 1, static_cast<std::uint64_t>(type));
    if (size != 0) put_head(to, 2, size);
}
/// All of a part but the envelope, `size` bytes, which comes next.
void put_part(std::string& to, std::size_t size) {
    const std::size_t payload = size == 0 ? 0 : delimited_size(size);
    put_head(to, 1, payload);
    if (size != 0) put_head(to, 1, size);
}

}  // namespace

void compound_writer::add(std::string_view part) {
    put_part(_parts, part.size());
    _parts.append(part);
}

void compound_writer::add(const table_event_view& event) {
    const auto change = static_cast<std::uint64_t>(event.change);
    const auto left = static_cast<std::uint64_t>(event.residual_reap_time);
    const std::size_t size = field_size(change) + field_size(event.time) + field_size(event.owner) +
                             field_size(event.network) + field_size(event.table) + field_size(event.key) +
                             field_size(event.value) + field_size(left);
    put_part(_parts, envelope_size(message_type::table_event, size));
    put_envelope(_parts, message_type::table_event, size);
    put(_parts, 1, change);
    put(_parts, 2, event.time);
    put(_parts, 3, event.owner);
    put(_parts, 4, event.network);
    put(_parts, 5, event.table);
    put(_parts, 6, event.key);
    put(_parts, 7, event.value);
    put(_parts, 8, left);
}

std::string compound_writer::take() {
    const std::string parts = std::exchange(_parts, {});
    std::string whole;
    whole.reserve(envelope_size(message_type::compound, parts.size()));
    put_envelope(whole, message_type::compound, parts.size());
    whole.append(parts);
    return whole;
}

}  // namespace waggle::networkdb
