#pragma once

#include <string>

#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"

namespace waggle {

/// The calling thread's stay in another network namespace; it is back when this goes out of scope. What is
/// opened meanwhile (sockets, TAP queues) belongs to that namespace for good.
class namespace_visit {
public:
    /// `path`: a namespace file such as /run/netns/NAME or /proc/PID/ns/net; empty: no move at all.
    static result<namespace_visit> enter(const std::string& path);
    ~namespace_visit();
    namespace_visit(namespace_visit&&) noexcept = default;
    namespace_visit& operator=(namespace_visit&&) noexcept = delete;

private:
    explicit namespace_visit(file_descriptor home) : _home(std::move(home)) {}
    file_descriptor _home;
};

}  // namespace waggle
