#include <vector>

#include "dataplane/api/dump.hh"
#include "dataplane/api/report_codec.hh"

namespace waggle::api {

namespace {

constexpr std::size_t reports_per_message = 1024;

class associations_dump final : public dump {
public:
    explicit associations_dump(const dump_view& view) : _applied(view.applied) {
        for (const auto& [key, parameters] : _applied.applied().get().associations) _keys.push_back(key);
    }

    bool fill(wire::FromDataplane& message) override {
        wire::Associations& out = *message.mutable_associations();
        const std::size_t end = std::min(_keys.size(), _next + reports_per_message);
        for (; _next < end; ++_next) add(_keys[_next], out);
        return _next != _keys.size();
    }

private:
    void add(const association_key& key, wire::Associations& out) const {
        const auto& associations = _applied.applied().get().associations;
        const auto found = associations.find(key);
        if (found == associations.end()) return;
        association_report report;
        report.key = key;
        report.parameters = found->second;
        report.fingerprint = found->second.keying_material.fingerprint();
        report.parameters.keying_material.wipe();
        _applied.associations().fill(report);
        encode(report, *out.add_associations());
    }

    const applier& _applied;
    std::vector<association_key> _keys;
    std::size_t _next = 0;
};

}  // namespace

std::unique_ptr<dump> start_associations_dump(const dump_view& view) {
    return std::make_unique<associations_dump>(view);
}

}  // namespace waggle::api
