#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

#include "common/result.hh"
#include "config/config.hh"

namespace waggle::netlink {

/// What makes two references to a network namespace the same one: the inode of the kernel's nsfs.
struct namespace_identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const namespace_identity&, const namespace_identity&) = default;
};

/// An open network namespace. Owns the descriptor; while it is open the kernel keeps the namespace alive, so
/// hold it no longer than the work in it takes.
class network_namespace {
public:
    /// A path such as "/run/netns/web" or "/proc/4711/ns/net". Anything but a network namespace is an error.
    static result<network_namespace> open_path(const std::string& path);
    /// A name as `ip netns` uses it.
    static result<network_namespace> open_name(const std::string& name);
    /// The namespace of a running process.
    static result<network_namespace> open_pid(std::uint32_t pid);
    /// Whatever the configuration names.
    static result<network_namespace> open(const config::namespace_reference& reference);
    /// The calling thread's namespace.
    static result<network_namespace> current();

    network_namespace(network_namespace&& other) noexcept;
    network_namespace& operator=(network_namespace&& other) noexcept;
    network_namespace(const network_namespace&) = delete;
    network_namespace& operator=(const network_namespace&) = delete;
    ~network_namespace();

    int fd() const { return _fd; }
    const namespace_identity& identity() const { return _identity; }

private:
    network_namespace(int fd, namespace_identity identity) : _fd(fd), _identity(identity) {}
    int _fd = -1;
    namespace_identity _identity;
};

/// "/run/netns": the folder in which names of namespaces are bind mounts.
const std::string& namespace_directory();
/// "/run/netns/NAME".
std::string namespace_path(const std::string& name);
/// For messages: "network namespace web", "network namespace /run/x", "network namespace of process 7".
std::string describe(const config::namespace_reference& reference);

/// Makes a namespace with that name as `ip netns add` does (a bind mount below a shared mount); one of that
/// name that is there already is an error.
result<void> create_named_namespace(const std::string& name);
/// Opens the namespace of that name, or makes it. A left-over file that is no namespace is replaced.
result<network_namespace> open_or_create_named_namespace(const std::string& name);
/// Takes the name away; the namespace itself goes with its last user. No such name is no error.
result<void> delete_named_namespace(const std::string& name);

/// Runs `work` on a thread of its own inside the namespace and waits for it. The calling thread never
/// changes its namespace. `work` must not throw.
result<void> run_in_namespace(const network_namespace& target, const std::function<void()>& work);

}  // namespace waggle::netlink
