#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::gossip::msgpack {

/// Writes the dialect of go-msgpack 0.5: the old specification, where strings and byte arrays are both "raw"
/// and neither str8 nor bin exist; integers in their shortest unsigned form.
class writer {
public:
    explicit writer(bytes& to) : _to(to) {}

    void map(std::size_t pairs);
    void raw(byte_view value);
    void text(std::string_view value) { raw(view_of(value)); }
    void number(std::uint64_t value);
    void boolean(bool value) { _to.push_back(value ? 0xc3 : 0xc2); }
    void nil() { _to.push_back(0xc0); }

private:
    void big_endian(std::uint64_t value, unsigned size);
    bytes& _to;
};

/// Reads old and new msgpack from memory that outlives it. The first failure sticks: from then on every
/// function returns a zero or an empty view, and failed() tells.
class reader {
public:
    explicit reader(byte_view from) : _left(from) {}

    /// The number of pairs of a map; nil counts as an empty one. Never more than there are bytes left.
    std::size_t map();
    /// Raw, str or bin of at most `limit` bytes; nil is empty. A view into the input.
    byte_view raw(std::size_t limit);
    std::string_view text(std::size_t limit) { return text_of(raw(limit)); }
    /// Any integer from 0 to `limit`; nil is 0.
    std::uint64_t number(std::uint64_t limit);
    bool boolean();
    /// Passes over one value of any type with all it contains.
    void skip();
    /// `count` bytes as they lie.
    byte_view bytes_as_they_are(std::size_t count);

    bool failed() const { return _why != nullptr; }
    /// Precondition: failed().
    error failure() const { return error{_why}; }
    byte_view left() const { return _left; }

private:
    std::uint8_t byte();
    std::uint64_t big_endian(unsigned size);
    void fail(const char* why);

    byte_view _left;
    const char* _why = nullptr;
};

}  // namespace waggle::gossip::msgpack
