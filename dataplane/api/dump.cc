#include "dataplane/api/dump.hh"

#include <algorithm>
#include <utility>

#include "dataplane/api/codec.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::api {

namespace {

/// Ports and overlays come with more than a few bytes each.
constexpr std::size_t reports_per_message = 1024;

class status_dump final : public dump {
public:
    explicit status_dump(const dump_view& view) : _view(view) {}

    bool fill(wire::FromDataplane& message) override {
        status_report report;
        if (_view.fill_status) _view.fill_status(report);
        const state& applied = _view.applied.applied().get();
        report.node = _view.node;
        report.version = WAGGLE_VERSION;
        report.instance = _view.instance;
        const auto uptime = std::chrono::steady_clock::now() - _view.started;
        report.uptime_seconds =
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
        report.applied_generation = _view.applied_generation;
        report.owned = _view.owned;
        report.ports = applied.ports.size();
        report.overlays = applied.overlays.size();
        report.vteps = applied.vteps.size();
        report.members = applied.members.size();
        report.forwarding = applied.forwarding.size();
        report.neighbours = applied.neighbours.size();
        report.associations = applied.associations.size();
        encode(report, *message.mutable_status());
        return false;
    }

private:
    const dump_view& _view;
};

class ports_dump final : public dump {
public:
    explicit ports_dump(const dump_view& view) : _ports(view.applied.ports().list()) {}

    bool fill(wire::FromDataplane& message) override {
        wire::Ports& out = *message.mutable_ports();
        const std::size_t end = std::min(_ports.size(), _next + reports_per_message);
        for (; _next < end; ++_next) encode(_ports[_next], *out.add_ports());
        return _next != _ports.size();
    }

private:
    std::vector<port_report> _ports;
    std::size_t _next = 0;
};

class overlays_dump final : public dump {
public:
    explicit overlays_dump(const dump_view& view) : _view(view) {
        for (const auto& [id, parameters] : view.applied.applied().get().overlays) _ids.push_back(id);
    }

    bool fill(wire::FromDataplane& message) override {
        wire::Overlays& out = *message.mutable_overlays();
        const tracked_state& applied = _view.applied.applied();
        const std::size_t end = std::min(_ids.size(), _next + reports_per_message);
        for (; _next < end; ++_next) {
            const auto found = applied.get().overlays.find(_ids[_next]);
            if (found == applied.get().overlays.end()) continue;
            const auto counts = applied.references(found->first);
            encode(overlay_report{found->first, found->second, counts.ports, counts.members},
                   *out.add_overlays());
        }
        return _next != _ids.size();
    }

private:
    const dump_view& _view;
    std::vector<vni> _ids;
    std::size_t _next = 0;
};

}  // namespace

result<std::unique_ptr<dump>> start_dump(const wire::Query& query, const dump_view& view) {
    switch (query.what()) {
        case wire::Query::STATUS:
            return {std::make_unique<status_dump>(view)};
        case wire::Query::PORTS:
            return {std::make_unique<ports_dump>(view)};
        case wire::Query::OVERLAYS:
            return {std::make_unique<overlays_dump>(view)};
        case wire::Query::COUNTERS:
            return start_counters_dump(view);
        case wire::Query::ASSOCIATIONS:
            return start_associations_dump(view);
        case wire::Query::VTEPS:
        case wire::Query::FORWARDING:
        case wire::Query::NEIGHBOURS:
        case wire::Query::STATE:
            return start_entries_dump(query, view);
        default:
            return error{"an unknown query; are both programs of one version?"};
    }
}

}  // namespace waggle::api
