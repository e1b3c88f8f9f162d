#include <cstddef>
#include <cstdint>
#include <string_view>

#include "control/gossip/networkdb/records.hh"
#include "tests/fuzz/require.hh"

/// The input as the value of an entry of each table. What is accepted comes back the same from its own bytes.
namespace {

using namespace waggle;
using namespace waggle::networkdb;

template <typename Decode>
void check_round_trip(std::string_view value, Decode decode) {
    const auto record = decode(value);
    if (!record) {
        require(!record.failure().message.empty());
        return;
    }
    const auto again = decode(encode(*record));
    require(again.ok() && *again == *record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    check_round_trip(value, decode_peer_record);
    check_round_trip(value, decode_endpoint_record);
    check_round_trip(value, decode_host_record);
    check_round_trip(value, decode_claim_record);
    return 0;
}
