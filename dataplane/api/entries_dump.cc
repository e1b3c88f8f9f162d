#include <optional>
#include <utility>

#include "dataplane/api/change_encoder.hh"
#include "dataplane/api/codec.hh"
#include "dataplane/api/dump.hh"

namespace waggle::api {

namespace {

/// Bounds the work for one message when a filter lets little through.
constexpr std::size_t buckets_per_message = 4 * entries_per_message;

/// Walks through hash containers bucket by bucket, over changes: an entry that stays is met exactly once as
/// long as the containers keep their buckets. When they get others (growth of one of the library's, a
/// snapshot), it starts again.
class entries_dump final : public dump {
public:
    entries_dump(const wire::Query& query, const dump_view& view)
        : _applied(view.applied), _what(query.what()), _epoch(view.applied.epoch()) {
        if (query.has_overlay()) _only = query.overlay();
    }

    bool fill(wire::FromDataplane& message) override {
        if (_epoch != _applied.epoch()) {
            _epoch = _applied.epoch();
            _container = 0;
            _bucket = 0;
            message.set_restart(true);
        }
        entry_encoder encoder(*message.mutable_entries());
        _budget = buckets_per_message;
        const state& applied = _applied.applied().get();
        const bool all = _what == wire::Query::STATE;
        if (all) encoder.add_udp_port(applied.udp_port);
        const bool vteps = all || _what == wire::Query::VTEPS;
        return !(walk(0, all, applied.ports, encoder) && walk(1, all, applied.overlays, encoder) &&
                 walk(2, vteps, applied.vteps, encoder) && walk(3, vteps, applied.members, encoder) &&
                 walk(4, all || _what == wire::Query::FORWARDING, applied.forwarding, encoder) &&
                 walk(5, all || _what == wire::Query::NEIGHBOURS, applied.neighbours, encoder));
    }

private:
    /// Goes on with container `number` if it is its turn; true if it is done.
    template <typename Container>
    bool walk(unsigned number, bool wanted, const Container& in, entry_encoder& encoder) {
        if (_container != number) return true;
        if (wanted) {
            for (; _bucket < in.bucket_count(); ++_bucket, --_budget) {
                if (encoder.size() >= entries_per_message || _budget == 0) return false;
                for (auto entry = in.begin(_bucket); entry != in.end(_bucket); ++entry) add(encoder, *entry);
            }
        }
        ++_container;
        _bucket = 0;
        return true;
    }

    void add(entry_encoder& encoder, const member& one) { encoder.add(one); }
    template <typename Key, typename Value>
    void add(entry_encoder& encoder, const std::pair<const Key, Value>& entry) {
        if constexpr (requires { entry.first.overlay; })
            if (_only && entry.first.overlay.value() != *_only) return;
        encoder.add(entry.first, entry.second);
    }

    const applier& _applied;
    wire::Query::What _what;
    std::optional<std::uint32_t> _only;
    std::uint64_t _epoch;
    unsigned _container = 0;
    std::size_t _bucket = 0;
    std::size_t _budget = 0;
};

}  // namespace

std::unique_ptr<dump> start_entries_dump(const wire::Query& query, const dump_view& view) {
    return std::make_unique<entries_dump>(query, view);
}

}  // namespace waggle::api
