#include <optional>
#include <vector>

#include "dataplane/api/change_encoder.hh"
#include "dataplane/api/counter_names.hh"
#include "dataplane/api/dump.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::api {

namespace {

class counters_dump final : public dump {
public:
    explicit counters_dump(const dump_view& view) : _tables(view.applied.tables()) {
        _tables.for_each_overlay(
            [this](overlay_index, vni id, const overlay_settings&) { _overlays.push_back(id); });
    }

    bool fill(wire::FromDataplane& message) override {
        wire::Counters& out = *message.mutable_counters();
        if (_at_begin) {
            _at_begin = false;
            add_names(out);
            add(out, no_overlay, unknown_overlay_number);
        }
        // The work is bounded by the overlays looked at, the message by the counters that moved.
        for (std::size_t looked_at = 0; _next < _overlays.size() && looked_at < 512; ++_next, ++looked_at) {
            if (static_cast<std::size_t>(out.value_size()) >= entries_per_message) break;
            const overlay_index overlay = _tables.overlay_of(_overlays[_next]);
            if (overlay != no_overlay) add(out, overlay, _overlays[_next].value());
        }
        return _next != _overlays.size();
    }

private:
    static void add_names(wire::Counters& out) {
        for (std::size_t counter = 0; counter < counter_count(); ++counter) {
            wire::Counters::Name& name = *out.add_names();
            name.set_name(std::string(counter_name(counter)));
            name.set_description(std::string(counter_description(counter)));
            name.set_drop(is_drop_counter(counter));
        }
    }

    void add(wire::Counters& out, overlay_index overlay, std::uint32_t number) const {
        for (unsigned worker = 0; worker < _tables.workers(); ++worker) {
            const counter_values values = _tables.counters(overlay, worker);
            for (std::size_t counter = 0; counter < counter_count(); ++counter) {
                const std::uint64_t value = counter_value(values, counter);
                if (value == 0) continue;
                out.add_overlay(number);
                out.add_worker(worker);
                out.add_counter(static_cast<std::uint32_t>(counter));
                out.add_value(value);
            }
        }
    }

    const table_writer& _tables;
    std::vector<vni> _overlays;
    std::size_t _next = 0;
    bool _at_begin = true;
};

}  // namespace

std::unique_ptr<dump> start_counters_dump(const dump_view& view) {
    return std::make_unique<counters_dump>(view);
}

}  // namespace waggle::api
