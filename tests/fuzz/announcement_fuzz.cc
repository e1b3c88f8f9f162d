#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "control/encryption/announcement.hh"
#include "control/encryption/announcement_text.hh"
#include "tests/fuzz/require.hh"

/// The input as an announcement, as its text, and as the fields of one that a host with the secret seals.
namespace {

using namespace waggle;
using namespace waggle::control;

const vni overlay = *vni::from(4097);

const overlay_secret& shared_secret() {
    static const overlay_secret made = *parse_overlay_secret(std::string(40, 's'), overlay);
    return made;
}

void check_bytes(std::span<const std::uint8_t> input) {
    require(!open_announcement(input, overlay, shared_secret()).ok());
    (void)claimed_overlay(input);
    if (input.size() > longest_announcement) return;
    const auto back = parse_announcement_text(announcement_text(input));
    require(!back || std::equal(back->begin(), back->end(), input.begin(), input.end()));
}

void check_text(std::string_view text) {
    const auto parsed = parse_announcement_text(text);
    if (!parsed) return;
    require(parsed->size() <= longest_announcement && announcement_text(*parsed) == text);
}

/// Takes bytes off the input; zeros after its end.
template <typename Number>
Number take(std::span<const std::uint8_t>& input) {
    Number value{};
    const std::size_t count = std::min(input.size(), sizeof value);
    std::memcpy(&value, input.data(), count);
    input = input.subspan(count);
    return value;
}

void check_sealed(std::span<const std::uint8_t> input) {
    announcement made;
    made.overlay = overlay;
    made.started = take<std::uint64_t>(input);
    made.boot = take<boot_value>(input);
    made.workers = static_cast<std::uint16_t>(1 + take<std::uint16_t>(input) % most_workers);
    made.current = {take<std::uint32_t>(input) & 0x7fff'ffff, take<public_key>(input)};
    made.next = {made.current.epoch + 1, take<public_key>(input)};
    const std::uint8_t flip = take<std::uint8_t>(input);
    made.node.assign(input.begin(),
                     input.begin() + static_cast<std::ptrdiff_t>(std::min(input.size(), longest_node_name)));
    if (made.node.empty()) return;
    std::vector<std::uint8_t> sealed = seal_announcement(made, shared_secret());
    require(sealed.size() <= longest_announcement);
    const auto opened = open_announcement(sealed, overlay, shared_secret());
    if (opened) require(*opened == made);
    sealed[flip % sealed.size()] ^= static_cast<std::uint8_t>(1U << flip % 8);
    require(!open_announcement(sealed, overlay, shared_secret()).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check_bytes({data, size});
    check_text({reinterpret_cast<const char*>(data), size});
    check_sealed({data, size});
    return 0;
}
