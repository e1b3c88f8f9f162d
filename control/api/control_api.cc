#include "control/api/control_api.hh"

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/secret.hh"
#include "control/api/views_json.hh"

namespace waggle::control {
namespace {

/// Text from outside (names, kernel messages) may be no UTF-8; that must not cost the reply.
std::string dump(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

http_reply failed(unsigned status, const std::string& sentence) {
    return {status, dump({{"error", sentence}})};
}

http_reply done(const std::optional<refusal>& refused, const nlohmann::json& success) {
    if (!refused) return {200, dump(success)};
    nlohmann::json document{{"error", refused->sentence}};
    if (!refused->problems.empty()) document["problems"] = refused->problems;
    return {refused->status, dump(document)};
}

template <typename View>
http_reply list(const std::vector<View>& views) {
    nlohmann::json items = nlohmann::json::array();
    for (const View& view : views) items.push_back(to_json(view));
    return {200, dump({{"items", std::move(items)}})};
}

/// The one text in {"key": "text"}; nothing if the body is anything else.
std::optional<std::string> only_text(const std::string& body, const char* key) {
    nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
    if (!document.is_object() || document.size() != 1 || !document.contains(key) ||
        !document[key].is_string())
        return std::nullopt;
    return document[key].get<std::string>();
}

http_reply detach(host& served, const std::string& body) {
    const auto name = only_text(body, "name");
    if (!name) return failed(400, R"(the body must be {"name": "NAME OF THE ENDPOINT"})");
    return done(served.detach(*name), {{"detached", *name}});
}

http_reply accept(host& served, const std::string& body) {
    const auto text = only_text(body, "announcement");
    if (!text) return failed(400, R"(the body must be {"announcement": "ANNOUNCEMENT OF ANOTHER HOST"})");
    return done(served.accept_announcement(*text), nlohmann::json::object());
}

http_reply rekey(host& served, const std::string& body) {
    const auto overlay = only_text(body, "overlay");
    if (!overlay)
        return failed(400, R"(the body must be {"overlay": "NAME OF THE OVERLAY, OR NOTHING FOR ALL"})");
    return done(served.rekey(*overlay), nlohmann::json::object());
}

http_reply join(host& served, const std::string& body) {
    nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
    const auto is_text = [](const nlohmann::json& each) { return each.is_string(); };
    if (!document.is_object() || document.size() != 2 || !document.contains("token") ||
        !document["token"].is_string() || !document.contains("managers") ||
        !document["managers"].is_array() || document["managers"].empty() ||
        !std::ranges::all_of(document["managers"], is_text))
        return failed(400, R"(the body must be {"token": "SWMTKN-...", "managers": ["ADDRESS:PORT"]})");
    auto& token = document["token"].get_ref<std::string&>();
    const auto refused = served.join(token, document["managers"].get<std::vector<std::string>>());
    wipe(token);
    return done(refused, nlohmann::json::object());
}

std::optional<http_reply> get(const host& served, std::string_view path) {
    if (path == "/v1/status") return http_reply{200, dump(to_json(served.status()))};
    if (path == "/v1/overlays") return list(served.overlays());
    if (path == "/v1/endpoints") return list(served.endpoints());
    if (path == "/v1/peers") return list(served.peers());
    if (path == "/v1/networks") return list(served.networks());
    if (path == "/v1/node") return http_reply{200, dump(to_json(served.membership()))};
    if (path == "/v1/gossip") {
        const auto view = served.gossip();
        if (view) return http_reply{200, dump(to_json(*view))};
        return failed(404, "this host takes no part in a gossip: its configuration has no section 'gossip'");
    }
    if (path == "/v1/diff") return list(served.diff());
    if (path == "/v1/announcements") return list(served.announcements());
    return std::nullopt;
}

std::optional<http_reply> post(host& served, std::string_view path, const std::string& body) {
    if (path == "/v1/attach") return done(served.attach(body), nlohmann::json::object());
    if (path == "/v1/detach") return detach(served, body);
    if (path == "/v1/reload") return done(served.reload(), nlohmann::json::object());
    if (path == "/v1/accept") return accept(served, body);
    if (path == "/v1/rekey") return rekey(served, body);
    if (path == "/v1/join") return join(served, body);
    if (path == "/v1/leave") return done(served.leave(), nlohmann::json::object());
    return std::nullopt;
}

bool is_known(std::string_view path) {
    for (std::string_view known :
         {"/v1/status", "/v1/overlays", "/v1/endpoints", "/v1/peers", "/v1/networks", "/v1/gossip",
          "/v1/diff", "/v1/attach", "/v1/detach", "/v1/reload", "/v1/announcements", "/v1/accept",
          "/v1/rekey", "/v1/node", "/v1/join", "/v1/leave"})
        if (path == known) return true;
    return false;
}

}  // namespace

http_reply answer(host& served, const http_request& request) {
    std::optional<http_reply> reply;
    if (request.method == "GET") reply = get(served, request.path);
    if (request.method == "POST") reply = post(served, request.path, request.body);
    if (reply) return *reply;
    if (is_known(request.path)) return failed(405, request.path + " can't be used with " + request.method);
    return failed(404, "there is no " + request.path);
}

}  // namespace waggle::control
