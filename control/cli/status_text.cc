#include "control/cli/status_text.hh"

#include <cmath>

#include "control/cli/listing.hh"
#include "control/cli/quantity.hh"
#include "control/cli/table.hh"

namespace waggle::cli {

namespace {

using nlohmann::json;

std::uint64_t number(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::uint64_t>() : 0;
}

bool flag(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string line(const std::string& title, const std::string& text, std::size_t width = 200) {
    constexpr std::size_t indent = 14;
    const std::string start = "  " + title + std::string(title.size() < 12 ? 12 - title.size() : 1, ' ');
    return start + wrapped(printable(text), width, indent) + "\n";
}

std::string process(const json& status) {
    return "version " + field_text(status, "version") + ", up " +
           duration_text(number(status, "uptime_seconds"));
}

std::string of(const json& status, const char* part, const char* whole) {
    return std::to_string(number(status, part)) + " of " + std::to_string(number(status, whole));
}

std::string session(const json& control) {
    const json link = control.value("dataplane", json::object());
    if (!flag(link, "connected")) return "control is not connected to the dataplane";
    const std::uint64_t sent = number(link, "generation");
    const std::uint64_t acknowledged = number(link, "acknowledged");
    if (sent == acknowledged) return "in force, generation " + std::to_string(sent);
    return "generation " + std::to_string(acknowledged) + " in force, " + std::to_string(sent) +
           " on its way";
}

std::string of_control(const json& control) {
    std::string text = line("control", process(control));
    text += line("state", session(control));
    text += line("overlays", std::to_string(number(control, "overlays")));
    const std::uint64_t failed = number(control, "endpoints_failed");
    text += line("endpoints", std::to_string(number(control, "endpoints_local")) + " here" +
                                  (failed == 0 ? "" : ", " + std::to_string(failed) + " failed"));
    if (field_text(control, "swarm") != "-") text += line("swarm", field_text(control, "swarm"));
    text += line("peers", of(control, "peers_reachable", "peers") + " reachable");
    return text;
}

std::string of_dataplane(const json& dataplane) {
    std::string text = line("dataplane", process(dataplane));
    const json workers = dataplane.value("workers", json::array());
    for (const json& worker : workers) {
        const double busy = worker.value("busy", 0.0);
        text += line(
            "worker " + field_text(worker, "worker"),
            "CPU " + field_text(worker, "cpu") + ", " + std::to_string(std::lround(busy * 100)) + " % busy");
    }
    text += line("buffers", of(dataplane, "buffers_in_use", "buffers_total") + " in use");
    text += line("memory", bytes_text(number(dataplane, "memory_used")) + " of " +
                               bytes_text(number(dataplane, "memory_total")) +
                               (flag(dataplane, "hugepages") ? ", hugepages" : ", no hugepages"));
    text += line("tables", std::to_string(number(dataplane, "forwarding")) + " forwarding entries, " +
                               std::to_string(number(dataplane, "neighbours")) + " neighbours, " +
                               std::to_string(number(dataplane, "vteps")) + " VTEPs");
    return text;
}

std::string verdict(const json& control, const json& dataplane) {
    if (control.is_null()) return "waggle-control is not running";
    if (dataplane.is_null()) return "waggle-dataplane is not running";
    return flag(control, "healthy") ? "healthy" : "not healthy";
}

}  // namespace

std::string status_text(const json& control, const json& dataplane, std::size_t width) {
    const json& named = control.is_null() ? dataplane : control;
    std::string text = printable(field_text(named, "node")) + ": " + verdict(control, dataplane) + "\n";
    if (!control.is_null()) text += of_control(control);
    if (!dataplane.is_null()) text += of_dataplane(dataplane);
    if (control.is_null()) return text;
    for (const json& problem : control.value("problems", json::array()))
        if (problem.is_string()) text += line("problem", problem.get<std::string>(), width);
    return text;
}

}  // namespace waggle::cli
