#include "config/endpoint_checker.hh"

#include "config/schema/sections.hh"
#include "config/yaml/tree.hh"

namespace waggle::config {

endpoint_checker::endpoint_checker(const config& base) : _known(std::make_unique<scope>(scope_of(base))) {
}
endpoint_checker::~endpoint_checker() = default;
endpoint_checker::endpoint_checker(endpoint_checker&&) noexcept = default;
endpoint_checker& endpoint_checker::operator=(endpoint_checker&&) noexcept = default;

std::variant<endpoint, std::vector<problem>> endpoint_checker::check(std::string_view text,
                                                                     const std::string& name) const {
    auto parsed = parse_tree(text, name);
    if (auto* wrong = std::get_if<std::vector<problem>>(&parsed)) return std::move(*wrong);
    problem_list problems(name);
    auto result = try_endpoint(cursor(problems, std::get<tree_node>(parsed)), *_known);
    if (!result) return std::move(problems).take();
    release_endpoint(*_known, *result);
    return std::move(*result);
}

void endpoint_checker::add(const endpoint& one) {
    claim_endpoint(*_known, one);
}

void endpoint_checker::remove(const endpoint& one) {
    release_endpoint(*_known, one);
}

}  // namespace waggle::config
