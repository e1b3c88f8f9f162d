#include "control/cli/node_text.hh"

#include <array>

#include "control/cli/listing.hh"
#include "control/cli/quantity.hh"
#include "control/cli/table.hh"

namespace waggle::cli {

namespace {

using nlohmann::json;

std::int64_t number(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string line(const std::string& title, const std::string& text, std::size_t width) {
    constexpr std::size_t indent = 14;
    const std::string start = "  " + title + std::string(title.size() < 12 ? 12 - title.size() : 1, ' ');
    return start + wrapped(printable(text), width, indent) + "\n";
}

std::string date(std::int64_t seconds) {
    const std::time_t when = seconds;
    std::tm parts{};
    std::array<char, 32> text{};
    if (gmtime_r(&when, &parts) == nullptr ||
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts) == 0)
        return "-";
    return text.data();
}

std::string from_now(std::int64_t when, std::time_t now) {
    return when > now ? "in " + duration_text(static_cast<std::uint64_t>(when - now)) : "due";
}

std::string certificate(const json& node, std::time_t now) {
    const json of = node.value("certificate", json::object());
    const std::int64_t ends = number(of, "ends");
    if (ends == 0) return "none";
    std::string text = "from " + date(number(of, "begins")) + " to " + date(ends);
    if (ends <= now) return text + ", which is over";
    return text + ", renewed " + from_now(number(of, "renewal"), now);
}

std::string manager(const json& each) {
    std::string text = field_text(each, "address") + " " + field_text(each, "node");
    if (each.value("session", false)) text += ", the session is with it";
    return text;
}

std::string key(const json& each) {
    std::string text = field_text(each, "purpose") + " " + field_text(each, "fingerprint") +
                       ", Lamport time " + field_text(each, "lamport_time") + ", here for " +
                       duration_text(static_cast<std::uint64_t>(number(each, "age_seconds")));
    return each.value("sending", false) ? text + ", seals" : text;
}

}  // namespace

std::string node_text(const json& node, std::time_t now, std::size_t width) {
    const std::string state = field_text(node, "state");
    std::string text = printable(field_text(node, "name")) + ": ";
    if (state == "outside") text += "not a member of a Docker swarm\n";
    if (state == "joining") text += "joining a Docker swarm\n";
    if (state == "disconnected") text += "member of a Docker swarm, without a session with a manager\n";
    if (state == "expelled") text += "not a member of the Docker swarm any more\n";
    if (state == "ready") text += "member of a Docker swarm\n";
    if (field_text(node, "id") != "-") {
        text += line("node", field_text(node, "id"), width);
        text += line("cluster", field_text(node, "cluster"), width);
        text += line("role", field_text(node, "role"), width);
        text += line("certificate", certificate(node, now), width);
        for (const json& each : node.value("managers", json::array()))
            text += line("manager", manager(each), width);
        for (const json& each : node.value("keys", json::array())) text += line("key", key(each), width);
        text += line("attachments", field_text(node, "attachments"), width);
        text += line("rejected", field_text(node, "tasks_rejected") + " tasks of services", width);
        text += line("data path", "UDP port " + field_text(node, "data_path_port"), width);
    }
    if (field_text(node, "problem") != "-") text += line("problem", field_text(node, "problem"), width);
    const json asked = node.value("asked", json::object());
    if (field_text(asked, "failure") != "-")
        text += line("problem",
                     "could not " + field_text(asked, "what") + ": " + field_text(asked, "failure"), width);
    return text;
}

}  // namespace waggle::cli
