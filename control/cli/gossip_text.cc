#include "control/cli/gossip_text.hh"

#include <cmath>
#include <cstdio>

#include "control/cli/listing.hh"
#include "control/cli/quantity.hh"
#include "control/cli/table.hh"

namespace waggle::cli {

namespace {

using nlohmann::json;

std::string line(const std::string& title, const std::string& text, std::size_t width) {
    constexpr std::size_t indent = 14;
    return "  " + title + std::string(indent - 2 - title.size(), ' ') +
           wrapped(printable(text), width, indent) + "\n";
}

json part(const json& object, const char* key) {
    return object.value(key, json::object());
}

double rate(const json& rates, const char* key) {
    const auto found = rates.find(key);
    return found != rates.end() && found->is_number() ? found->get<double>() : 0;
}

std::string seconds_text(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.0f s", seconds);
    return text;
}

std::string traffic(const json& gossip, const char* packets, const char* bytes) {
    const json rates = part(gossip, "rates");
    return rate_text(rate(rates, packets)) + " packets, " +
           bytes_text(static_cast<std::uint64_t>(std::llround(rate(rates, bytes)))) + "/s with streams";
}

std::string refusals(const json& gossip) {
    const json counters = part(gossip, "counters");
    std::string text;
    for (const json& name : gossip.value("refusals", json::array())) {
        const std::string value = field_text(counters, name.get<std::string>());
        if (value != "0" && value != "-")
            text += (text.empty() ? "" : ", ") + name.get<std::string>() + " " + value;
    }
    return text.empty() ? "nothing" : text;
}

std::string keys(const json& gossip) {
    std::string text = field_text(gossip, "keys");
    const std::size_t first = text.find(',');
    if (first != std::string::npos) text.insert(first, " (seals)");
    return text;
}

}  // namespace

std::string gossip_text(const json& gossip, std::size_t width) {
    const json members = part(gossip, "members");
    const json clocks = part(gossip, "clocks");
    const json waiting = part(gossip, "waiting");
    const json change = gossip.value("last_change_seconds", json());
    const bool down = gossip.value("seeds_are_down", false);
    const bool connected = gossip.value("connected", false);
    std::string text =
        line("name", field_text(gossip, "name") + " at " + field_text(gossip, "address"), width);
    text += line("keys", keys(gossip), width);
    text += line("seeds",
                 field_text(gossip, "seeds") + (!connected ? "; nobody answers"
                                                : down     ? "; none of them is up"
                                                           : ""),
                 width);
    text += line("others",
                 field_text(members, "alive") + " alive, " + field_text(members, "suspect") + " suspect, " +
                     field_text(members, "dead") + " dead, " + field_text(members, "left") + " left",
                 width);
    text += line("awareness",
                 field_text(gossip, "awareness") + " of " + field_text(gossip, "awareness_limit") +
                     " (0: what this host sends is answered)",
                 width);
    text += line("clocks",
                 "networks " + field_text(clocks, "networks") + ", tables " + field_text(clocks, "tables"),
                 width);
    text += line("waiting",
                 field_text(waiting, "members") + " words about members, " + field_text(waiting, "networks") +
                     " about networks, " + field_text(waiting, "tables") + " entries of tables",
                 width);
    text += line("last change",
                 change.is_number() ? "told to all within " + seconds_text(change.get<double>())
                                    : "none, or being told",
                 width);
    text += line("received", traffic(gossip, "packets_received", "bytes_received"), width);
    text += line("sent", traffic(gossip, "packets_sent", "bytes_sent"), width);
    text += line("refused", refusals(gossip), width);
    return text;
}

json peer_rows(const json& items) {
    json rows = json::array();
    for (json row : items) {
        const json gossip = row.value("gossip", json());
        if (gossip.is_object()) {
            row["gossip_state"] = gossip.value("state", "");
            row["gossip_name"] = gossip.value("name", "");
            row["gossip_address"] = gossip.value("address", "");
            row["incarnation"] = gossip.value("incarnation", json());
            row["networks"] = gossip.value("networks", json::array());
            const json heard = gossip.value("heard", json());
            if (heard.is_number())
                row["heard"] = duration_text(static_cast<std::uint64_t>(heard.get<double>())) + " ago";
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace waggle::cli
