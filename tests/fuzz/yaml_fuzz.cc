#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "config/difference.hh"
#include "config/load.hh"
#include "config/write.hh"
#include "tests/fuzz/require.hh"

namespace waggle::config {
namespace {

/// A file is refused with problems that have a place and a text, or it loads, and then what is written of it
/// loads again to the same.
void check(std::string_view text) {
    const load_result loaded = load_text(text, "f");
    if (const auto* problems = std::get_if<std::vector<problem>>(&loaded)) {
        require(!problems->empty());
        for (const problem& each : *problems) require(!each.message.empty());
        require(!to_string(*problems).empty());
        return;
    }
    const config& result = std::get<config>(loaded);
    require(compare(result, result).empty());
    config bare = result;
    bare.endpoints.clear();
    const endpoint_list again = load_endpoints(write_endpoints(result.endpoints), "again", bare);
    require(again.problems.empty() && again.endpoints == result.endpoints);
    for (const endpoint& each : result.endpoints) {
        const auto one = parse_endpoint(write_endpoint(each), "again", bare);
        require(std::holds_alternative<endpoint>(one) && std::get<endpoint>(one) == each);
    }
}

}  // namespace
}  // namespace waggle::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // An exact heap copy: a read past the end is seen.
    const auto copy = std::make_unique<char[]>(size);
    std::copy(data, data + size, copy.get());
    waggle::config::check({copy.get(), size});
    return 0;
}
