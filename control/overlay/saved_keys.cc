#include "control/overlay/saved_keys.hh"

#include <linux/magic.h>
#include <sys/vfs.h>

#include "control/encryption/byte_writer.hh"
#include "control/overlay/durable_file.hh"

namespace waggle::control {
namespace {

constexpr std::uint32_t format = 0x57'4b'53'01;
constexpr std::size_t header_length = 4 + 8 + 4;
constexpr std::size_t overlay_length = 4 + 8 + 16 + 4 + 32 + 32 + 8 + 2 + 4;

using nanoseconds = std::chrono::nanoseconds;

bool is_in_memory(const std::string& directory) {
    struct statfs about {};
    if (::statfs(directory.c_str(), &about) != 0) return false;
    return about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC;
}

void add_bytes(byte_writer& out, std::span<const std::uint8_t> bytes) {
    out.number(static_cast<std::uint16_t>(bytes.size()));
    out.bytes(bytes);
}

std::optional<std::vector<std::uint8_t>> take_bytes(byte_reader& in) {
    if (in.left() < 2) return std::nullopt;
    const std::size_t length = in.number<std::uint16_t>();
    if (in.left() < length) return std::nullopt;
    const auto bytes = in.bytes(length);
    return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
}

std::optional<saved_encryption::overlay> take_overlay(byte_reader& in) {
    if (in.left() < overlay_length) return std::nullopt;
    saved_encryption::overlay each;
    each.id = in.number<std::uint32_t>();
    each.exchange.started = in.number<std::uint64_t>();
    each.exchange.boot = in.array<16>();
    each.exchange.epoch = in.number<std::uint32_t>();
    each.exchange.current = *secret::from(in.bytes(32));
    each.exchange.next = *secret::from(in.bytes(32));
    each.exchange.rotates_at = moment(nanoseconds(static_cast<std::int64_t>(in.number<std::uint64_t>())));
    auto own = take_bytes(in);
    if (!own || in.left() < 4) return std::nullopt;
    each.announcement = std::move(*own);
    const auto count = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < count; ++i) {
        auto bytes = take_bytes(in);
        if (!bytes) return std::nullopt;
        each.exchange.announcements.push_back(std::move(*bytes));
    }
    return each;
}

}  // namespace

std::vector<std::uint8_t> encode(const saved_encryption& saved) {
    byte_writer out;
    out.number(format);
    out.number(saved.instance);
    out.number(static_cast<std::uint32_t>(saved.overlays.size()));
    for (const saved_encryption::overlay& each : saved.overlays) {
        out.number(each.id);
        out.number(each.exchange.started);
        out.bytes(each.exchange.boot);
        out.number(each.exchange.epoch);
        out.bytes(each.exchange.current.reveal());
        out.bytes(each.exchange.next.reveal());
        const auto rotates =
            std::chrono::duration_cast<nanoseconds>(each.exchange.rotates_at.time_since_epoch());
        out.number(static_cast<std::uint64_t>(rotates.count()));
        add_bytes(out, each.announcement);
        out.number(static_cast<std::uint32_t>(each.exchange.announcements.size()));
        for (const auto& bytes : each.exchange.announcements) add_bytes(out, bytes);
    }
    return std::move(out).take();
}

std::optional<saved_encryption> decode_saved_encryption(std::span<const std::uint8_t> bytes) {
    byte_reader in(bytes);
    if (in.left() < header_length || in.number<std::uint32_t>() != format) return std::nullopt;
    saved_encryption saved;
    saved.instance = in.number<std::uint64_t>();
    const auto count = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < count; ++i) {
        auto each = take_overlay(in);
        if (!each) return std::nullopt;
        saved.overlays.push_back(std::move(*each));
    }
    if (in.left() != 0) return std::nullopt;
    return saved;
}

saved_keys::saved_keys(const std::string& runtime_directory)
    : _path(runtime_directory + "/agreed-keys"), _possible(is_in_memory(runtime_directory)) {
}

void saved_keys::keep(const saved_encryption& what) const {
    if (!_possible) return;
    std::vector<std::uint8_t> bytes = encode(what);
    std::string text(bytes.begin(), bytes.end());
    // Without it the next control process agrees anew: packets are lost until its peers have heard of it.
    const auto kept = write_durably(_path, text);
    static_cast<void>(kept);
    wipe(bytes);
    wipe(text);
}

std::optional<saved_encryption> saved_keys::read() const {
    if (!_possible) return std::nullopt;
    auto text = read_file(_path);
    if (!text) return std::nullopt;
    auto saved = decode_saved_encryption({reinterpret_cast<const std::uint8_t*>(text->data()), text->size()});
    wipe(*text);
    return saved;
}

void saved_keys::forget() const {
    const auto removed = remove_durably(_path);
    static_cast<void>(removed);
}

}  // namespace waggle::control
