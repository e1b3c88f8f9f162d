#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "dataplane/api/change_receiver.hh"
#include "dataplane/api/codec.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/api/validate.hh"
#include "dataplane/api/wire.hh"
#include "tests/fuzz/require.hh"

namespace waggle::api {
namespace {

/// Applies changes to a state alone, and holds the fast checks against the slow ones.
class checked_sink final : public state_sink {
public:
    result<void> apply(const delta& change) override {
        const state before = _applied->get();
        const bool fits = validate(before, change).ok();
        const auto done = _applied->apply(change);
        require(done.ok() == fits);
        state expected = before;
        if (fits) api::apply(expected, change);
        require(_applied->get() == expected);
        require(difference(before, _applied->get()).empty() == (before == expected));
        if (!done) return done.failure();
        return {};
    }
    result<void> replace(std::unique_ptr<tracked_state> whole) override {
        require(check(whole->get()).ok());
        state turned = _applied->get();
        api::apply(turned, difference(turned, whole->get()));
        require(turned == whole->get());
        _applied = std::move(whole);
        return {};
    }
    const state& applied() const { return _applied->get(); }

private:
    std::unique_ptr<tracked_state> _applied = std::make_unique<tracked_state>();
};

/// False if the session would be closed.
bool take(change_receiver& receiver, const wire::ToDataplane& message, std::uint64_t& generation) {
    const std::uint64_t before = generation;
    change_receiver::outcome outcome{std::optional<change_verdict>{}};
    if (message.has_snapshot_begin()) outcome = receiver.receive(message.snapshot_begin());
    if (message.has_snapshot_part()) outcome = receiver.receive_part(message.snapshot_part());
    if (message.has_snapshot_end()) outcome = receiver.receive(message.snapshot_end());
    if (message.has_delta()) outcome = receiver.receive(message.delta());
    if (!outcome) {
        require(!outcome.failure().message.empty());
        return false;
    }
    if (*outcome && (*outcome)->outcome) {
        require(generation == (*outcome)->generation && generation > before);
    } else {
        require(generation == before);
        if (*outcome) require(!(*outcome)->outcome.failure().message.empty());
    }
    return true;
}

/// What the dataplane does with an owner's bytes.
void be_dataplane(frame_reader& reader) {
    checked_sink sink;
    std::uint64_t generation = 0;
    change_receiver receiver(sink, generation);
    for (;;) {
        const auto frame = reader.next();
        if (!frame || !*frame) break;
        wire::ToDataplane message;
        if (!message.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) break;
        if (!take(receiver, message, generation)) break;
    }
    require(check(sink.applied()).ok());
}

/// What clients do with the dataplane's bytes.
void be_client(frame_reader& reader) {
    std::vector<wire::Counters::Name> names;
    for (;;) {
        const auto frame = reader.next();
        if (!frame || !*frame) break;
        wire::FromDataplane message;
        if (!message.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) break;
        delta::upsert_lists lists;
        std::vector<counter_report> counters;
        static_cast<void>(decode(message.entries(), lists).ok());
        static_cast<void>(decode(message.status()));
        for (const auto& one : message.ports().ports()) static_cast<void>(decode(one).ok());
        for (const auto& one : message.overlays().overlays()) static_cast<void>(decode(one).ok());
        names.insert(names.end(), message.counters().names().begin(), message.counters().names().end());
        static_cast<void>(decode(message.counters(), names, counters).ok());
        static_cast<void>(decode(message.event()));
    }
}

}  // namespace
}  // namespace waggle::api

/// The first byte says whose end reads the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace waggle::api;
    if (size == 0) return 0;
    frame_reader reader(longest_reader_message);
    // In pieces, as from a socket.
    for (std::size_t at = 1; at < size;) {
        const std::size_t piece = std::min<std::size_t>(1 + data[at] % 64, size - at);
        const auto space = reader.space(piece);
        std::copy_n(data + at, piece, reinterpret_cast<std::uint8_t*>(space.data()));
        reader.received(piece);
        at += piece;
    }
    if (data[0] % 2 == 0) {
        be_dataplane(reader);
    } else {
        be_client(reader);
    }
    return 0;
}
