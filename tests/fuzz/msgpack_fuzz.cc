#include <cstddef>
#include <cstdint>

#include "control/gossip/memberlist/wire/msgpack.hh"
#include "tests/fuzz/require.hh"

/// The input read as a row of values, each first passed over and then read as what its type byte says; what
/// was read is written and must read the same.
namespace {

using namespace waggle;
using namespace waggle::gossip;

/// The value at the front, read as bytes, number, boolean or map. False if it is none of these.
bool read_typed(byte_view from) {
    bytes copy;
    msgpack::writer out(copy);
    if (msgpack::reader in(from); (void)in.raw(from.size()), !in.failed()) {
        msgpack::reader again(from);
        const byte_view value = again.raw(from.size());
        out.raw(value);
        msgpack::reader back(copy);
        const byte_view same = back.raw(value.size());
        require(!back.failed() && back.left().empty() && text_of(same) == text_of(value));
        return true;
    }
    if (msgpack::reader in(from); in.number(UINT64_MAX), !in.failed()) {
        msgpack::reader again(from);
        const std::uint64_t value = again.number(UINT64_MAX);
        out.number(value);
        msgpack::reader back(copy);
        require(back.number(value) == value && !back.failed() && back.left().empty());
        msgpack::reader limited(copy);
        if (value != 0) {
            (void)limited.number(value - 1);
            require(limited.failed());
        }
        return true;
    }
    if (msgpack::reader in(from); in.boolean(), !in.failed()) return true;
    msgpack::reader in(from);
    const std::size_t pairs = in.map();
    require(pairs <= from.size() / 2);
    return !in.failed();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    msgpack::reader in(byte_view(data, size));
    while (!in.failed() && !in.left().empty()) {
        const byte_view before = in.left();
        (void)read_typed(before);
        in.skip();
        require(in.left().size() < before.size());
        if (in.failed()) require(in.left().empty() && !in.failure().message.empty());
    }
    // After a failure everything is zero and empty.
    if (in.failed()) {
        require(in.map() == 0 && in.raw(size).empty() && in.number(UINT64_MAX) == 0 && !in.boolean());
        in.skip();
        require(in.bytes_as_they_are(0).empty());
    }
    return 0;
}
