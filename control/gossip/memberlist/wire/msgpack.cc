#include "control/gossip/memberlist/wire/msgpack.hh"

namespace waggle::gossip::msgpack {

void writer::big_endian(std::uint64_t value, unsigned size) {
    for (unsigned shift = size * 8; shift != 0;) {
        shift -= 8;
        _to.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

void writer::map(std::size_t pairs) {
    if (pairs < 16) {
        _to.push_back(static_cast<std::uint8_t>(0x80 | pairs));
    } else {
        _to.push_back(0xde);
        big_endian(pairs, 2);
    }
}

void writer::raw(byte_view value) {
    if (value.size() < 32) {
        _to.push_back(static_cast<std::uint8_t>(0xa0 | value.size()));
    } else if (value.size() <= 0xffff) {
        _to.push_back(0xda);
        big_endian(value.size(), 2);
    } else {
        _to.push_back(0xdb);
        big_endian(value.size(), 4);
    }
    append(_to, value);
}

void writer::number(std::uint64_t value) {
    if (value < 0x80) {
        _to.push_back(static_cast<std::uint8_t>(value));
    } else if (value <= 0xff) {
        _to.push_back(0xcc);
        big_endian(value, 1);
    } else if (value <= 0xffff) {
        _to.push_back(0xcd);
        big_endian(value, 2);
    } else if (value <= 0xffff'ffff) {
        _to.push_back(0xce);
        big_endian(value, 4);
    } else {
        _to.push_back(0xcf);
        big_endian(value, 8);
    }
}

void reader::fail(const char* why) {
    if (_why == nullptr) _why = why;
    _left = {};
}

std::uint8_t reader::byte() {
    if (_left.empty()) {
        fail("msgpack ends in the middle of a value");
        return 0;
    }
    const std::uint8_t value = _left.front();
    _left = _left.subspan(1);
    return value;
}

std::uint64_t reader::big_endian(unsigned size) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value = value << 8 | byte();
    return value;
}

byte_view reader::bytes_as_they_are(std::size_t count) {
    if (count > _left.size()) {
        fail("msgpack ends in the middle of a value");
        return {};
    }
    const byte_view value = _left.first(count);
    _left = _left.subspan(count);
    return value;
}

std::size_t reader::map() {
    const std::uint8_t type = byte();
    std::uint64_t pairs = 0;
    if ((type & 0xf0) == 0x80) {
        pairs = type & 0x0f;
    } else if (type == 0xde || type == 0xdf) {
        pairs = big_endian(type == 0xde ? 2 : 4);
    } else if (type != 0xc0) {
        fail("msgpack has another value where a map is expected");
    }
    // Every pair takes two bytes at least: a count beyond that is a lie.
    if (pairs > _left.size() / 2) fail("msgpack map is longer than the message");
    return failed() ? 0 : static_cast<std::size_t>(pairs);
}

byte_view reader::raw(std::size_t limit) {
    const std::uint8_t type = byte();
    std::uint64_t size = 0;
    if ((type & 0xe0) == 0xa0) {
        size = type & 0x1f;
    } else {
        switch (type) {
            case 0xc0:
                break;
            case 0xc4:
            case 0xd9:
                size = big_endian(1);
                break;
            case 0xc5:
            case 0xda:
                size = big_endian(2);
                break;
            case 0xc6:
            case 0xdb:
                size = big_endian(4);
                break;
            default:
                fail("msgpack has another value where bytes are expected");
        }
    }
    if (size > limit) fail("msgpack bytes are longer than allowed");
    return failed() ? byte_view{} : bytes_as_they_are(static_cast<std::size_t>(size));
}

std::uint64_t reader::number(std::uint64_t limit) {
    const std::uint8_t type = byte();
    std::uint64_t value = 0;
    bool negative = false;
    if (type < 0x80) {
        value = type;
    } else if (type >= 0xe0) {
        negative = true;
    } else if (type >= 0xcc && type <= 0xcf) {
        value = big_endian(1U << (type - 0xcc));
    } else if (type >= 0xd0 && type <= 0xd3) {
        const unsigned size = 1U << (type - 0xd0);
        value = big_endian(size);
        negative = (value >> (size * 8 - 1) & 1) != 0;
    } else if (type != 0xc0) {
        fail("msgpack has another value where a number is expected");
    }
    if (negative || value > limit) fail("msgpack number is out of range");
    return failed() ? 0 : value;
}

bool reader::boolean() {
    const std::uint8_t type = byte();
    if (type != 0xc0 && type != 0xc2 && type != 0xc3)
        fail("msgpack has another value where a boolean is expected");
    return !failed() && type == 0xc3;
}

void reader::skip() {
    // Values that are still to be passed, without recursion: containers only add to the count.
    std::uint64_t values = 1;
    while (values != 0 && !failed()) {
        --values;
        const std::uint8_t type = byte();
        std::uint64_t size = 0;
        if (type < 0x80 || type >= 0xe0 || type == 0xc0 || type == 0xc2 || type == 0xc3) continue;
        if (type < 0x90) {
            values += (type & 0x0fU) * 2;
        } else if (type < 0xa0) {
            values += type & 0x0fU;
        } else if (type < 0xc0) {
            size = type & 0x1fU;
        } else if (type >= 0xc4 && type <= 0xc6) {
            size = big_endian(1U << (type - 0xc4));
        } else if (type >= 0xc7 && type <= 0xc9) {
            size = big_endian(1U << (type - 0xc7)) + 1;
        } else if (type >= 0xca && type <= 0xcb) {
            size = type == 0xca ? 4 : 8;
        } else if (type >= 0xcc && type <= 0xcf) {
            size = 1U << (type - 0xcc);
        } else if (type >= 0xd0 && type <= 0xd3) {
            size = 1U << (type - 0xd0);
        } else if (type >= 0xd4 && type <= 0xd8) {
            size = (1U << (type - 0xd4)) + 1;
        } else if (type >= 0xd9 && type <= 0xdb) {
            size = big_endian(1U << (type - 0xd9));
        } else if (type == 0xdc || type == 0xdd) {
            values += big_endian(type == 0xdc ? 2 : 4);
        } else if (type == 0xde || type == 0xdf) {
            values += big_endian(type == 0xde ? 2 : 4) * 2;
        } else {
            fail("msgpack has a value of an unknown type");
        }
        // Each value takes a byte at least.
        if (values > _left.size() || size > _left.size()) fail("msgpack ends in the middle of a value");
        if (!failed()) bytes_as_they_are(static_cast<std::size_t>(size));
    }
}

}  // namespace waggle::gossip::msgpack
