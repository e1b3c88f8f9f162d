#include "dataplane/api/change_encoder.hh"

#include <optional>
#include <tuple>
#include <utility>

#include "dataplane/api/codec.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

namespace {

/// A place in a container that is walked through in several steps.
template <typename Container>
struct walk {
    typename Container::const_iterator at;
    typename Container::const_iterator end;
    explicit walk(const Container& over) : at(over.begin()), end(over.end()) {}
    bool is_done() const { return at == end; }
};

template <typename Encoder, typename Key, typename Value>
void add(Encoder& encoder, const std::pair<Key, Value>& entry) {
    encoder.add(entry.first, entry.second);
}
template <typename Encoder, typename Key>
void add(Encoder& encoder, const Key& key) {
    encoder.add(key);
}

/// Adds things from `from` until it is done or `room` used up.
template <typename Container, typename Encoder>
void take(walk<Container>& from, Encoder& encoder, std::size_t& room) {
    for (; room != 0 && !from.is_done(); ++from.at, --room) add(encoder, *from.at);
}

/// The kinds of a state (or of a delta's lists), walked through in the order of their references.
template <typename Lists>
class walk_all {
public:
    explicit walk_all(const Lists& over)
        : _walks(walk(over.ports), walk(over.overlays), walk(over.vteps), walk(over.members),
                 walk(over.forwarding), walk(over.neighbours), walk(over.associations)) {}

    template <typename Encoder>
    void take_up_to(std::size_t& room, Encoder& encoder) {
        std::apply([&](auto&... one) { (take(one, encoder, room), ...); }, _walks);
    }
    bool is_done() const {
        return std::apply([](const auto&... one) { return (one.is_done() && ...); }, _walks);
    }

private:
    std::tuple<walk<decltype(Lists::ports)>, walk<decltype(Lists::overlays)>, walk<decltype(Lists::vteps)>,
               walk<decltype(Lists::members)>, walk<decltype(Lists::forwarding)>,
               walk<decltype(Lists::neighbours)>, walk<decltype(Lists::associations)>>
        _walks;
};

class snapshot_encoder final : public change_encoder {
public:
    snapshot_encoder(std::shared_ptr<const state> whole, std::uint64_t generation)
        : _whole(std::move(whole)), _generation(generation), _rest(*_whole) {}

    bool next(std::string& out) override {
        wire::ToDataplane message;
        if (_step == step::begin) {
            _step = step::settings;
            message.mutable_snapshot_begin()->set_forwarding(_whole->forwarding.size());
            message.mutable_snapshot_begin()->set_neighbours(_whole->neighbours.size());
        } else if (_step == step::settings) {
            _step = step::parts;
            entry_encoder(*message.mutable_snapshot_part()).add_udp_port(_whole->udp_port);
        } else if (_step == step::parts && !_rest.is_done()) {
            std::size_t room = entries_per_message;
            entry_encoder encoder(*message.mutable_snapshot_part());
            _rest.take_up_to(room, encoder);
        } else if (_step == step::parts) {
            _step = step::done;
            message.mutable_snapshot_end()->set_generation(_generation);
        } else {
            return false;
        }
        append_frame(out, message);
        if (message.has_snapshot_part()) wipe_keys(*message.mutable_snapshot_part());
        return true;
    }

private:
    enum class step { begin, settings, parts, done };
    std::shared_ptr<const state> _whole;
    std::uint64_t _generation;
    walk_all<state> _rest;
    step _step = step::begin;
};

class delta_encoder final : public change_encoder {
public:
    delta_encoder(delta change, std::uint64_t generation, std::uint64_t base)
        : _change(std::move(change)),
          _generation(generation),
          _base(base),
          _udp_port(_change.upserts.udp_port),
          _upserts(_change.upserts),
          _removals(_change.removals) {}

    bool next(std::string& out) override {
        if (_done) return false;
        wire::ToDataplane message;
        wire::Delta& body = *message.mutable_delta();
        body.set_generation(_generation);
        body.set_base(_base);
        std::size_t room = entries_per_message;
        if (!_upserts.is_done() || _udp_port) {
            entry_encoder encoder(*body.mutable_upserts());
            if (const auto port = std::exchange(_udp_port, std::nullopt)) encoder.add_udp_port(*port);
            _upserts.take_up_to(room, encoder);
        }
        if (room != 0 && !_removals.is_done()) {
            key_encoder encoder(*body.mutable_removals());
            _removals.take_up_to(room, encoder);
        }
        _done = _upserts.is_done() && _removals.is_done();
        body.set_more(!_done);
        append_frame(out, message);
        wipe_keys(*body.mutable_upserts());
        return true;
    }

private:
    delta _change;
    std::uint64_t _generation;
    std::uint64_t _base;
    /// Until it is said.
    std::optional<std::uint16_t> _udp_port;
    walk_all<delta::upsert_lists> _upserts;
    walk_all<delta::removal_lists> _removals;
    bool _done = false;
};

}  // namespace

std::unique_ptr<change_encoder> encode_snapshot(std::shared_ptr<const state> whole,
                                                std::uint64_t generation) {
    return std::make_unique<snapshot_encoder>(std::move(whole), generation);
}

std::unique_ptr<change_encoder> encode_delta(delta change, std::uint64_t generation, std::uint64_t base) {
    return std::make_unique<delta_encoder>(std::move(change), generation, base);
}

}  // namespace waggle::api
