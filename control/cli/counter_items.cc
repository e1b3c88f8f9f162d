#include "control/cli/counter_items.hh"

#include <map>
#include <tuple>

#include "control/cli/quantity.hh"

namespace waggle::cli {

namespace {

using nlohmann::json;

/// No overlay sorts before all others, as VNI 0 is none.
using counter_key = std::tuple<vni, bool, std::string, unsigned>;

}  // namespace

json counter_items(const std::vector<api::counter_report>& counters, const overlay_names& names,
                   bool workers) {
    std::map<counter_key, json> sorted;
    for (const api::counter_report& each : counters) {
        if (each.value == 0) continue;
        json& item = sorted[{each.overlay.value_or(vni{}), each.drop, each.name, workers ? each.worker : 0}];
        if (!item.is_null()) {
            item["value"] = item["value"].get<std::uint64_t>() + each.value;
            continue;
        }
        json overlay;
        if (each.overlay) {
            const auto name = names.find(*each.overlay);
            overlay = name == names.end() ? each.overlay->to_string() : name->second;
        }
        item = {{"overlay", std::move(overlay)},
                {"vni", each.overlay ? json(each.overlay->value()) : json()},
                {"counter", each.name},
                {"drop", each.drop},
                {"description", each.description},
                {"value", each.value}};
        if (workers) item["worker"] = each.worker;
    }
    json items = json::array();
    for (auto& [key, item] : sorted) items.push_back(std::move(item));
    return items;
}

json moved_items(const json& before, const json& now, double seconds) {
    const auto identity = [](const json& item) {
        return std::make_tuple(item.at("vni").dump(), item.at("counter").get<std::string>(),
                               item.value("worker", 0U));
    };
    std::map<std::tuple<std::string, std::string, unsigned>, std::uint64_t> earlier;
    for (const json& item : before) earlier[identity(item)] = item.at("value").get<std::uint64_t>();

    json moved = json::array();
    for (const json& item : now) {
        const auto value = item.at("value").get<std::uint64_t>();
        const auto found = earlier.find(identity(item));
        const std::uint64_t base = found == earlier.end() || found->second > value ? 0 : found->second;
        if (value == base) continue;
        json each = item;
        each["since"] = value - base;
        each["rate"] = rate_text(static_cast<double>(value - base) / seconds);
        moved.push_back(std::move(each));
    }
    return moved;
}

}  // namespace waggle::cli
