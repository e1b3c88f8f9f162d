#include "control/gossip/memberlist/wire/lzw.hh"

#include <array>
#include <cstdint>

namespace waggle::gossip::lzw {

namespace {

constexpr unsigned clear_code = 256;
constexpr unsigned end_code = 257;
constexpr unsigned max_width = 12;
/// Go's writer starts over before it would use this code.
constexpr unsigned last_code = (1U << max_width) - 1;

class bit_writer {
public:
    explicit bit_writer(bytes& to) : _to(to) {}
    void write(unsigned code, unsigned width) {
        _bits |= code << _count;
        for (_count += width; _count >= 8; _count -= 8) {
            _to.push_back(static_cast<std::uint8_t>(_bits));
            _bits >>= 8;
        }
    }
    void finish() {
        if (_count != 0) _to.push_back(static_cast<std::uint8_t>(_bits));
    }

private:
    bytes& _to;
    std::uint32_t _bits = 0;
    unsigned _count = 0;
};

/// (code, next byte) → code, open addressing. Emptied by raising the generation.
class code_table {
public:
    unsigned find(std::uint32_t key) const {
        for (std::uint32_t at = slot(key);; at = (at + 1) % size) {
            if (_slots[at].generation != _generation) return 0;
            if (_slots[at].key == key) return _slots[at].code;
        }
    }
    void insert(std::uint32_t key, unsigned code) {
        std::uint32_t at = slot(key);
        while (_slots[at].generation == _generation) at = (at + 1) % size;
        _slots[at] = {key, static_cast<std::uint16_t>(code), _generation};
    }
    void clear() {
        if (++_generation == 0) {
            _slots.fill({});
            _generation = 1;
        }
    }

private:
    static constexpr std::uint32_t size = 1U << 14;
    static std::uint32_t slot(std::uint32_t key) { return key * 0x9e37'79b1U >> 18; }
    struct entry {
        std::uint32_t key = 0;
        std::uint16_t code = 0;
        std::uint16_t generation = 0;
    };
    std::array<entry, size> _slots{};
    std::uint16_t _generation = 1;
};

}  // namespace

bytes compress(byte_view plain) {
    bytes packed;
    packed.reserve(plain.size() / 2 + 16);
    bit_writer out(packed);
    unsigned width = 9;
    out.write(clear_code, width);
    if (!plain.empty()) {
        // Cleared by generation: a fresh 128 kB table for every packet would cost more than the packet.
        thread_local code_table table;
        table.clear();
        unsigned highest = end_code;
        unsigned overflow = 1U << width;
        unsigned code = plain.front();
        // Go widens when the next code reaches a power of two and starts over at the last code.
        const auto next_code = [&] {
            if (++highest == overflow) {
                ++width;
                overflow <<= 1;
            }
            if (highest != last_code) return true;
            out.write(clear_code, width);
            width = 9;
            highest = end_code;
            overflow = 1U << width;
            table.clear();
            return false;
        };
        for (const std::uint8_t literal : plain.subspan(1)) {
            const std::uint32_t key = code << 8 | literal;
            if (const unsigned known = table.find(key); known != 0) {
                code = known;
                continue;
            }
            out.write(code, width);
            code = literal;
            if (next_code()) table.insert(key, highest);
        }
        out.write(code, width);
        next_code();
    }
    out.write(end_code, width);
    out.finish();
    return packed;
}

result<bytes> decompress(byte_view packed, std::size_t limit) {
    constexpr unsigned none = 0xffff;
    std::array<std::uint16_t, 1U << max_width> prefix;
    std::array<std::uint8_t, 1U << max_width> suffix;
    /// Bytes that a code stands for.
    std::array<std::uint16_t, 1U << max_width> length;
    bytes plain;
    unsigned width = 9;
    unsigned highest = end_code;
    unsigned overflow = 1U << width;
    unsigned last = none;
    std::uint32_t bits = 0;
    unsigned count = 0;
    auto next = packed.begin();
    for (;;) {
        while (count < width) {
            if (next == packed.end()) return error{"LZW data has no end"};
            bits |= std::uint32_t{*next++} << count;
            count += 8;
        }
        const unsigned code = bits & ((1U << width) - 1);
        bits >>= width;
        count -= width;
        if (code == end_code) return plain;
        if (code == clear_code) {
            width = 9;
            highest = end_code;
            overflow = 1U << width;
            last = none;
            continue;
        }
        if (code > highest) return error{"LZW data has an invalid code"};
        const auto length_of = [&](unsigned c) -> std::size_t { return c < clear_code ? 1 : length[c]; };
        // The code being defined right now: the last expansion and its own first byte.
        const bool self = code == highest && last != none;
        const unsigned body = self ? last : code;
        const std::size_t size = length_of(body);
        const std::size_t start = plain.size();
        if (start + size + (self ? 1 : 0) > limit) return error{"LZW data grows beyond the limit"};
        plain.resize(start + size + (self ? 1 : 0));
        unsigned at = body;
        for (std::size_t i = size - 1; at >= clear_code; --i) {
            plain[start + i] = suffix[at];
            at = prefix[at];
        }
        plain[start] = static_cast<std::uint8_t>(at);
        if (self) plain[start + size] = plain[start];
        if (last != none) {
            suffix[highest] = plain[start];
            prefix[highest] = static_cast<std::uint16_t>(last);
            length[highest] = static_cast<std::uint16_t>(length_of(last) + 1);
        }
        last = code;
        if (++highest >= overflow) {
            if (width == max_width) {
                // Full: no more definitions until the next clear.
                last = none;
                --highest;
            } else {
                overflow = 1U << ++width;
            }
        }
    }
}

}  // namespace waggle::gossip::lzw
