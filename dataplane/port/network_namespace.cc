#include "dataplane/port/network_namespace.hh"

#include <cstdlib>
#include <fcntl.h>
#include <sched.h>

#include "dataplane/port/system_error.hh"

namespace waggle {

result<namespace_visit> namespace_visit::enter(const std::string& path) {
    if (path.empty()) return namespace_visit(file_descriptor());
    file_descriptor home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home) return system_error("cannot open this thread's network namespace");
    const file_descriptor target(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!target) return system_error("cannot open the network namespace " + path);
    if (::setns(target.get(), CLONE_NEWNET) != 0) {
        if (errno == EINVAL)
            return error{path +
                         " is no network namespace as this process sees it: if another process made it, both "
                         "need the same mount namespace (ip netns exec gives each its own)"};
        return system_error("cannot enter the network namespace " + path);
    }
    return namespace_visit(std::move(home));
}

namespace_visit::~namespace_visit() {
    // To go on in a foreign namespace would open every later port in the wrong place.
    if (_home && ::setns(_home.get(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace waggle
