#include "dataplane/api/framing.hh"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/byte_order.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

namespace {

constexpr std::size_t length_bytes = 4;
/// An idle connection keeps no more than this.
constexpr std::size_t kept_bytes = 1 << 20;

}  // namespace

void append_frame(std::string& out, const google::protobuf::MessageLite& message) {
    const std::size_t length = message.ByteSizeLong();
    const std::size_t start = out.size();
    out.resize(start + length_bytes + length);
    auto* bytes = reinterpret_cast<std::uint8_t*>(out.data() + start);
    const be32 header(static_cast<std::uint32_t>(length));
    std::memcpy(bytes, &header, length_bytes);
    message.SerializeWithCachedSizesToArray(bytes + length_bytes);
}

std::span<char> frame_reader::space(std::size_t wanted) {
    if (_begin == _end) {
        wipe_bytes(0, _end);
        _begin = _end = 0;
        if (_buffer.size() > std::max(kept_bytes, wanted)) {
            _buffer.resize(wanted);
            _buffer.shrink_to_fit();
        }
    }
    if (_buffer.size() - _end < wanted && _begin != 0) {
        std::memmove(_buffer.data(), _buffer.data() + _begin, _end - _begin);
        wipe_bytes(_end - _begin, _end);
        _end -= _begin;
        _begin = 0;
    }
    if (_buffer.size() - _end < wanted) _buffer.resize(std::max(_end + wanted, _end + _end / 2));
    return std::span(_buffer).subspan(_end);
}

void frame_reader::wipe_bytes(std::size_t begin, std::size_t end) {
    if (begin != end) wipe(std::span(reinterpret_cast<std::uint8_t*>(_buffer.data()) + begin, end - begin));
}

result<std::optional<std::string_view>> frame_reader::next() {
    const std::size_t available = _end - _begin;
    if (available < length_bytes) return std::optional<std::string_view>{};
    be32 header;
    std::memcpy(&header, _buffer.data() + _begin, length_bytes);
    const std::size_t length = header.host();
    if (length > _longest)
        return error{"a message of " + std::to_string(length) + " bytes; at most " +
                     std::to_string(_longest) + " are allowed"};
    if (available - length_bytes < length) return std::optional<std::string_view>{};
    const std::string_view message(_buffer.data() + _begin + length_bytes, length);
    _begin += length_bytes + length;
    return std::optional(message);
}

}  // namespace waggle::api
