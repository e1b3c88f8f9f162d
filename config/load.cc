#include "config/load.hh"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

#include "config/endpoint_checker.hh"
#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/tree.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

/// The whole file, or one byte more than is allowed of a larger one; errno on failure.
std::variant<std::string, int> read_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    std::string text;
    std::array<char, 65536> block;
    int failure = 0;
    while (text.size() <= largest_file) {
        const ssize_t got = ::read(fd, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) failure = errno;
        if (got <= 0) break;
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    ::close(fd);
    if (failure != 0) return failure;
    return text;
}

std::vector<problem> unreadable(const std::string& path, int failure) {
    return {{path, 0, 0, "", std::string("cannot be read: ") + std::strerror(failure)}};
}

config read_config(const cursor& at) {
    config result;
    scope known;
    const map_reader map(at, {"node", "gossip", "swarm", "overlays", "peers", "endpoints"});
    if (const auto entry = map.required("node", "this host: {name, vtep, underlay, ...}"))
        result.node = read_node(*entry, known);
    if (const auto entry = map.optional("gossip")) result.gossip = read_gossip(*entry, known);
    if (const auto entry = map.optional("swarm")) result.swarm = read_swarm(*entry, known);
    if (const auto entry = map.optional("overlays")) result.overlays = read_overlays(*entry, known);
    if (const auto entry = map.optional("peers")) result.peers = read_peers(*entry, known);
    if (const auto entry = map.optional("endpoints")) result.endpoints = read_endpoints(*entry, known);
    return result;
}

}  // namespace

load_result load_text(std::string_view text, const std::string& name) {
    auto parsed = parse_tree(text, name);
    if (auto* wrong = std::get_if<std::vector<problem>>(&parsed)) return std::move(*wrong);
    problem_list problems(name);
    config result = read_config(cursor(problems, std::get<tree_node>(parsed)));
    if (problems.count() > 0) return std::move(problems).take();
    return result;
}

load_result load_file(const std::string& path) {
    const auto text = read_file(path);
    if (const int* failure = std::get_if<int>(&text)) return unreadable(path, *failure);
    return load_text(std::get<std::string>(text), path);
}

std::variant<std::string, std::vector<problem>> read_runtime_directory(const std::string& path) {
    const auto text = read_file(path);
    if (const int* failure = std::get_if<int>(&text)) return unreadable(path, *failure);
    const auto parsed = parse_tree(std::get<std::string>(text), path);
    if (const auto* wrong = std::get_if<std::vector<problem>>(&parsed)) return *wrong;
    for (const tree_entry& section : std::get<tree_node>(parsed).entries)
        for (const tree_entry& entry : section.value.entries)
            if (section.key == "node" && entry.key == "runtime_directory" && !entry.value.text.empty())
                return entry.value.text;
    return node{}.runtime_directory;
}

std::variant<endpoint, std::vector<problem>> parse_endpoint(std::string_view text, const std::string& name,
                                                            const config& base) {
    return endpoint_checker(base).check(text, name);
}

endpoint_list load_endpoints(std::string_view text, const std::string& name, const config& base) {
    auto parsed = parse_tree(text, name);
    if (auto* wrong = std::get_if<std::vector<problem>>(&parsed)) return {{}, std::move(*wrong)};
    problem_list problems(name);
    const cursor root(problems, std::get<tree_node>(parsed));
    scope known = scope_of(base);
    endpoint_list result;
    const map_reader map(root, {"endpoints"});
    if (const auto entry = map.required("endpoints", "a list of endpoints"))
        if (is_list(*entry, "a list of endpoints"))
            for (std::size_t i = 0; i < entry->node().items.size(); ++i)
                if (auto one = try_endpoint(cursor(*entry, i, entry->node().items[i]), known))
                    result.endpoints.push_back(std::move(*one));
    result.problems = std::move(problems).take();
    return result;
}

}  // namespace waggle::config
