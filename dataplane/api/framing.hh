#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hh"
#include "common/wiping_allocator.hh"

namespace google::protobuf {
class MessageLite;
}

namespace waggle::api {

/// Longest message that the owner may send, bytes.
inline constexpr std::size_t longest_owner_message = 16 << 20;
/// Longest message of a reader, and of a client that has not introduced itself.
inline constexpr std::size_t longest_reader_message = 64 << 10;
/// Longest message of the dataplane.
inline constexpr std::size_t longest_answer = 16 << 20;

/// Appends the message with its length in front. Precondition: it is shorter than 2^32 bytes.
void append_frame(std::string& out, const google::protobuf::MessageLite& message);

/// Cuts a byte stream into messages. Memory follows the bytes that came, not the lengths that they claim, and
/// messages that were taken are wiped: keys are among them.
class frame_reader {
public:
    explicit frame_reader(std::size_t longest) : _longest(longest) {}

    void set_longest(std::size_t longest) { _longest = longest; }

    /// At least `wanted` bytes to receive into; valid until the next call of any other member.
    std::span<char> space(std::size_t wanted);
    /// The first `count` bytes of the last space() were received.
    void received(std::size_t count) { _end += count; }

    /// The next complete message, or nothing if more bytes are needed; an error if its length is above the
    /// limit. Valid until the next space().
    result<std::optional<std::string_view>> next();
    /// True if a message has begun and is not complete. Only after next() gave nothing.
    bool has_partial() const { return _begin != _end; }

private:
    std::size_t _longest;
    void wipe_bytes(std::size_t begin, std::size_t end);

    std::vector<char, wiping_allocator<char>> _buffer;
    std::size_t _begin = 0;
    std::size_t _end = 0;
};

}  // namespace waggle::api
