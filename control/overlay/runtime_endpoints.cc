#include "control/overlay/runtime_endpoints.hh"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <variant>

#include "config/load.hh"
#include "config/write.hh"
#include "control/overlay/durable_file.hh"

namespace waggle::control {
namespace {

constexpr std::string_view suffix = ".yaml";

std::string sentences(const std::vector<config::problem>& problems) {
    std::string text;
    for (const config::problem& each : problems) {
        if (!text.empty()) text += "\n";
        text += each.path.empty() ? each.message : each.path + ": " + each.message;
    }
    return text;
}

}  // namespace

result<runtime_endpoints> runtime_endpoints::open(const std::string& state_directory,
                                                  const config::config& file) {
    runtime_endpoints opened(state_directory + "/endpoints");
    if (result<void> made = make_directory(opened._directory); !made) return made.failure();
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(opened._directory, failed)) {
        std::string name = entry.path().filename();
        if (name.starts_with('.') || !name.ends_with(suffix)) continue;
        name.resize(name.size() - suffix.size());
        result<std::string> text = read_file(entry.path());
        // An unreadable file is set aside with the reason, like one whose content does not fit.
        opened._texts.emplace(name, text ? *text : "");
    }
    if (failed) return error{"can't read " + opened._directory + ": " + failed.message()};
    opened.rebase(file);
    return opened;
}

void runtime_endpoints::rebase(const config::config& file) {
    _file = file;
    _merged = file;
    _checker = config::endpoint_checker(file);
    _set_aside.clear();
    for (const auto& [name, text] : _texts) {
        auto parsed = _checker.check(text, file_of(name));
        if (auto* problems = std::get_if<std::vector<config::problem>>(&parsed))
            _set_aside.emplace(name, sentences(*problems));
        else if (std::get<config::endpoint>(parsed).host != file.node.name)
            _set_aside.emplace(name, "its host is not this node");
        else
            include(std::move(std::get<config::endpoint>(parsed)));
    }
}

result<config::endpoint> runtime_endpoints::check(const std::string& text) const {
    auto parsed = _checker.check(text, "endpoint");
    if (auto* problems = std::get_if<std::vector<config::problem>>(&parsed))
        return error{sentences(*problems)};
    config::endpoint endpoint = std::move(std::get<config::endpoint>(parsed));
    if (endpoint.host != _file.node.name)
        return error{"host '" + endpoint.host + "' is not this node ('" + _file.node.name +
                     "'); endpoints of other hosts belong into the configuration file"};
    if (_texts.contains(endpoint.name))
        return error{"endpoint '" + endpoint.name +
                     "' is attached already but set aside, as it does not fit the configuration file; "
                     "detach it first"};
    return endpoint;
}

void runtime_endpoints::include(config::endpoint endpoint) {
    _checker.add(endpoint);
    _merged.endpoints.push_back(std::move(endpoint));
}

result<void> runtime_endpoints::keep(config::endpoint endpoint) {
    std::string kept = config::write_endpoint(endpoint);
    if (result<void> written = write_durably(file_of(endpoint.name), kept); !written) return written;
    _texts.emplace(endpoint.name, std::move(kept));
    include(std::move(endpoint));
    return {};
}

result<void> runtime_endpoints::forget(const std::string& name) {
    auto known = _texts.find(name);
    if (known == _texts.end()) return error{"there is no endpoint '" + name + "' attached at run time"};
    if (result<void> removed = remove_durably(file_of(name)); !removed) return removed;
    bool active = _set_aside.erase(name) == 0;
    _texts.erase(known);
    auto found = std::find_if(_merged.endpoints.begin(), _merged.endpoints.end(),
                              [&](const config::endpoint& each) { return each.name == name; });
    if (active && found != _merged.endpoints.end()) {
        _checker.remove(*found);
        _merged.endpoints.erase(found);
    }
    // What it was in the way of may fit now.
    if (!_set_aside.empty()) rebase(config::config(_file));
    return {};
}

}  // namespace waggle::control
