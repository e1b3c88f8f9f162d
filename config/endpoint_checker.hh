#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hh"
#include "config/problem.hh"

namespace waggle::config {

struct scope;

/// Checks endpoints that come one by one against a configuration and each other, each at a cost that does not
/// grow with their number. Not thread-safe.
class endpoint_checker {
public:
    explicit endpoint_checker(const config& base);
    ~endpoint_checker();
    endpoint_checker(endpoint_checker&&) noexcept;
    endpoint_checker& operator=(endpoint_checker&&) noexcept;

    /// An endpoint as YAML or JSON with the keys of an entry of `endpoints`: the same checks and messages as
    /// in a file; `name` stands for the file. Nothing is remembered of it.
    std::variant<endpoint, std::vector<problem>> check(std::string_view text, const std::string& name) const;
    /// From now on its name, addresses, MAC and place are taken. Precondition: it was checked.
    void add(const endpoint& one);
    /// The contrary of add(), also for an endpoint of the base.
    void remove(const endpoint& one);

private:
    std::unique_ptr<scope> _known;
};

}  // namespace waggle::config
