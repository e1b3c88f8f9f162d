#include "control/gossip/networkdb/message_view.hh"

#include <limits>

#include "control/gossip/networkdb/codec.hh"

namespace waggle::networkdb {
namespace {

/// Fields of a protobuf message from its front, by number and at most once each.
class field_reader {
public:
    explicit field_reader(std::string_view bytes) : _rest(bytes) {}

    /// A field of this number and wire type is next; it is begun then.
    bool begins(unsigned number, unsigned wire_type) {
        if (_rest.empty() || static_cast<unsigned char>(_rest.front()) != (number << 3 | wire_type))
            return false;
        _rest.remove_prefix(1);
        return true;
    }
    /// False if the field is another one; what is no valid number spoils the reader.
    bool number(unsigned field, std::uint64_t& out) {
        if (!begins(field, 0)) return false;
        out = varint();
        return true;
    }
    bool bytes(unsigned field, std::string_view& out) {
        if (!begins(field, 2)) return false;
        const std::uint64_t size = varint();
        if (size > _rest.size()) {
            spoil();
            return true;
        }
        out = _rest.substr(0, size);
        _rest.remove_prefix(size);
        return true;
    }
    /// Everything was read, and was valid.
    bool is_good() const { return !_spoiled && _rest.empty(); }

private:
    void spoil() {
        _spoiled = true;
        _rest = {};
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        // Nine bytes hold all that is not refused anyway.
        for (unsigned i = 0; i < 9 && i < _rest.size(); ++i) {
            const auto byte = static_cast<unsigned char>(_rest[i]);
            value |= std::uint64_t{byte & 0x7fU} << 7 * i;
            if (byte >= 0x80) continue;
            _rest.remove_prefix(i + 1);
            return value;
        }
        spoil();
        return 0;
    }

    std::string_view _rest;
    bool _spoiled = false;
};

}  // namespace

std::optional<envelope_view> view_envelope(std::string_view bytes) {
    field_reader fields(bytes);
    std::uint64_t type = 0;
    envelope_view seen;
    fields.number(1, type);
    fields.bytes(2, seen.data);
    if (!fields.is_good() || type < 1 || type > static_cast<std::uint64_t>(message_type::node_event))
        return std::nullopt;
    seen.type = static_cast<message_type>(type);
    return seen;
}

std::optional<table_event_view> view_table_event(std::string_view data) {
    field_reader fields(data);
    std::uint64_t type = 0;
    std::uint64_t residual = 0;
    table_event_view seen;
    fields.number(1, type);
    fields.number(2, seen.time);
    fields.bytes(3, seen.owner);
    fields.bytes(4, seen.network);
    fields.bytes(5, seen.table);
    fields.bytes(6, seen.key);
    fields.bytes(7, seen.value);
    fields.number(8, residual);
    const bool good = fields.is_good() && type >= 1 && type <= 3 && seen.time <= latest_time &&
                      is_name(seen.owner) && is_name(seen.network) && is_name(seen.table) &&
                      is_name(seen.key, longest_key) && seen.value.size() <= longest_value &&
                      residual <= std::numeric_limits<std::int32_t>::max();
    if (!good) return std::nullopt;
    seen.change = static_cast<table_change>(type);
    seen.residual_reap_time = static_cast<std::int32_t>(residual);
    return seen;
}

std::optional<std::vector<std::string_view>> view_compound(std::string_view data) {
    field_reader fields(data);
    std::vector<std::string_view> parts;
    std::string_view message;
    while (fields.bytes(1, message)) {
        field_reader inside(message);
        std::string_view& part = parts.emplace_back();
        inside.bytes(1, part);
        if (!inside.is_good() || parts.size() > most_parts) return std::nullopt;
    }
    if (!fields.is_good()) return std::nullopt;
    return parts;
}

}  // namespace waggle::networkdb
