#include "control/netlink/namespace.hh"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace waggle::netlink {

namespace {

template <typename... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};
template <typename... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

bool is_network_namespace(int fd) {
    struct statfs filesystem {};
    if (fstatfs(fd, &filesystem) != 0 || filesystem.f_type != NSFS_MAGIC) return false;
    return ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

}  // namespace

result<network_namespace> network_namespace::open_path(const std::string& path) {
    // O_NONBLOCK: a FIFO at the path must not hold us.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return error{"open " + path + ": " + std::strerror(errno)};
    network_namespace opened(fd, {});
    if (!is_network_namespace(fd)) return error{path + " is not a network namespace"};
    struct stat information {};
    if (fstat(fd, &information) != 0) return error{"stat " + path + ": " + std::strerror(errno)};
    opened._identity = {information.st_dev, information.st_ino};
    return opened;
}

result<network_namespace> network_namespace::open_name(const std::string& name) {
    return open_path(namespace_path(name));
}

result<network_namespace> network_namespace::open_pid(std::uint32_t pid) {
    return open_path("/proc/" + std::to_string(pid) + "/ns/net");
}

result<network_namespace> network_namespace::open(const config::namespace_reference& reference) {
    auto opened = std::visit(overloaded{
                                 [](const config::namespace_by_path& by) { return open_path(by.path); },
                                 [](const config::namespace_by_name& by) { return open_name(by.name); },
                                 [](const config::namespace_by_pid& by) { return open_pid(by.pid); },
                             },
                             reference);
    return std::move(opened).context(describe(reference));
}

result<network_namespace> network_namespace::current() {
    return open_path("/proc/thread-self/ns/net");
}

network_namespace::network_namespace(network_namespace&& other) noexcept
    : _fd(std::exchange(other._fd, -1)), _identity(other._identity) {
}

network_namespace& network_namespace::operator=(network_namespace&& other) noexcept {
    std::swap(_fd, other._fd);
    std::swap(_identity, other._identity);
    return *this;
}

network_namespace::~network_namespace() {
    if (_fd >= 0) close(_fd);
}

std::string describe(const config::namespace_reference& reference) {
    return std::visit(overloaded{
                          [](const config::namespace_by_path& by) { return "network namespace " + by.path; },
                          [](const config::namespace_by_name& by) { return "network namespace " + by.name; },
                          [](const config::namespace_by_pid& by) {
                              return "network namespace of process " + std::to_string(by.pid);
                          },
                      },
                      reference);
}

result<void> run_in_namespace(const network_namespace& target, const std::function<void()>& work) {
    int enter_error = 0;
    try {
        std::thread([&] {
            if (setns(target.fd(), CLONE_NEWNET) != 0) {
                enter_error = errno;
                return;
            }
            work();
        }).join();
    } catch (const std::system_error& failure) {
        return error{std::string("start a thread: ") + failure.what()};
    }
    if (enter_error != 0) return error{std::string("enter network namespace: ") + std::strerror(enter_error)};
    return {};
}

}  // namespace waggle::netlink
