#include "control/gossip/memberlist/wire/packing.hh"

#include <array>
#include <utility>

#include "control/gossip/memberlist/wire/fields.hh"
#include "control/gossip/memberlist/wire/lzw.hh"
#include "control/gossip/memberlist/wire/messages.hh"

namespace waggle::gossip::wire {

namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb8'8320U : 0);
        table[i] = value;
    }
    return table;
}();

std::uint32_t crc32(byte_view data) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (const std::uint8_t byte : data) crc = (crc >> 8) ^ crc_table[(crc ^ byte) & 0xff];
    return ~crc;
}

bool is(byte_view message, message_type type) {
    return !message.empty() && message[0] == static_cast<std::uint8_t>(type);
}

result<bytes> decompress_message(byte_view body, std::size_t limit) {
    std::uint64_t algorithm = 0;
    byte_view packed;
    msgpack::reader in(body);
    read_fields(in, [&](std::string_view key) {
        if (key == "Algo")
            algorithm = in.number(0xff);
        else if (key == "Buf")
            packed = in.raw(body.size());
        else
            return false;
        return true;
    });
    if (in.failed()) return error{"compressed message: " + in.failure().message};
    if (algorithm != 0)
        return error{"compressed message: algorithm " + std::to_string(algorithm) + " is unknown"};
    return lzw::decompress(packed, limit);
}

}  // namespace

bytes compress_message(byte_view message) {
    bytes packed{static_cast<std::uint8_t>(message_type::compress)};
    msgpack::writer out(packed);
    out.map(2);
    out.text("Algo");
    out.number(0);
    out.text("Buf");
    out.raw(lzw::compress(message));
    return packed;
}

bytes pack(bytes message) {
    bytes packed = compress_message(message);
    return packed.size() < message.size() ? std::move(packed) : std::move(message);
}

bytes add_crc(byte_view message) {
    const std::uint32_t crc = crc32(message);
    bytes checked;
    checked.reserve(5 + message.size());
    checked.push_back(static_cast<std::uint8_t>(message_type::has_crc));
    for (unsigned shift = 32; shift != 0;) {
        shift -= 8;
        checked.push_back(static_cast<std::uint8_t>(crc >> shift));
    }
    append(checked, message);
    return checked;
}

result<bytes> unpack(byte_view message, std::size_t limit) {
    if (is(message, message_type::has_crc)) {
        if (message.size() < 5) return error{"message with a CRC is too short"};
        const std::uint32_t told = std::uint32_t{message[1]} << 24 | std::uint32_t{message[2]} << 16 |
                                   std::uint32_t{message[3]} << 8 | message[4];
        message = message.subspan(5);
        if (crc32(message) != told) return error{"CRC of the message is wrong"};
    }
    if (is(message, message_type::compress)) {
        result<bytes> plain = decompress_message(message.subspan(1), limit);
        if (!plain) return plain;
        if (plain->empty()) return error{"message is empty"};
        if (is(*plain, message_type::compress)) return error{"message is compressed twice"};
        return plain;
    }
    if (message.empty()) return error{"message is empty"};
    if (message.size() > limit) return error{"message is longer than allowed"};
    return copy_of(message);
}

}  // namespace waggle::gossip::wire
