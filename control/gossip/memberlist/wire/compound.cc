#include "control/gossip/memberlist/wire/compound.hh"

#include "control/gossip/memberlist/wire/messages.hh"

namespace waggle::gossip::wire {

bytes make_compound(std::span<const bytes> parts) {
    bytes message;
    std::size_t size = compound_header_overhead;
    for (const bytes& part : parts) size += compound_overhead + part.size();
    message.reserve(size);
    message.push_back(static_cast<std::uint8_t>(message_type::compound));
    message.push_back(static_cast<std::uint8_t>(parts.size()));
    for (const bytes& part : parts) {
        message.push_back(static_cast<std::uint8_t>(part.size() >> 8));
        message.push_back(static_cast<std::uint8_t>(part.size()));
    }
    for (const bytes& part : parts) append(message, part);
    return message;
}

result<std::vector<byte_view>> split_compound(byte_view body) {
    if (body.empty()) return error{"compound: it has no count"};
    const std::size_t count = body[0];
    if (body.size() < 1 + 2 * count) return error{"compound: it ends within the lengths"};
    const byte_view lengths = body.subspan(1, 2 * count);
    byte_view left = body.subspan(1 + 2 * count);
    std::vector<byte_view> parts;
    parts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = std::size_t{lengths[2 * i]} << 8 | lengths[2 * i + 1];
        if (size > left.size()) return error{"compound: it ends within a part"};
        parts.push_back(left.first(size));
        left = left.subspan(size);
    }
    return parts;
}

}  // namespace waggle::gossip::wire
