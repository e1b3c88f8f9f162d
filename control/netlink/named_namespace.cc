#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "control/netlink/namespace.hh"

namespace waggle::netlink {

namespace {

/// Names become one path component; iproute2 refuses the same ones.
result<void> check_name(const std::string& name) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.size() > 255) {
        return error{"\"" + name + "\" can't name a network namespace: use a file name without '/'"};
    }
    return {};
}

/// Held while the folder is made a shared mount, so that two starters do not mount it twice.
class directory_lock {
public:
    explicit directory_lock(const std::string& directory)
        : _fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (_fd >= 0) flock(_fd, LOCK_EX);
    }
    ~directory_lock() {
        if (_fd >= 0) close(_fd);
    }
    directory_lock(const directory_lock&) = delete;
    directory_lock& operator=(const directory_lock&) = delete;

private:
    int _fd;
};

/// The folder must be a shared mount: then names made here show in other mount namespaces and, above all,
/// a name deleted here is released there too.
result<void> prepare_directory() {
    const std::string& directory = namespace_directory();
    if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
        return error{"create " + directory + ": " + std::strerror(errno)};
    const directory_lock lock(directory);
    const char* path = directory.c_str();
    if (mount("", path, "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
    // EINVAL: not a mount point yet.
    if (errno != EINVAL) return error{"share the mount " + directory + ": " + std::strerror(errno)};
    if (mount(path, path, "none", MS_BIND | MS_REC, nullptr) != 0)
        return error{"bind-mount " + directory + ": " + std::strerror(errno)};
    if (mount("", path, "none", MS_SHARED | MS_REC, nullptr) != 0)
        return error{"share the mount " + directory + ": " + std::strerror(errno)};
    return {};
}

/// Unshares the calling thread (one that ends right after) and mounts its new namespace at `path`.
int mount_new_namespace(const std::string& path) {
    if (unshare(CLONE_NEWNET) != 0) return errno;
    if (mount("/proc/thread-self/ns/net", path.c_str(), "none", MS_BIND, nullptr) != 0) return errno;
    return 0;
}

}  // namespace

const std::string& namespace_directory() {
    static const std::string directory = "/run/netns";
    return directory;
}

std::string namespace_path(const std::string& name) {
    return namespace_directory() + "/" + name;
}

result<void> create_named_namespace(const std::string& name) {
    const std::string what = "create network namespace " + name;
    if (auto valid = check_name(name); !valid) return valid;
    if (auto ready = prepare_directory(); !ready) return std::move(ready).context(what);
    const std::string path = namespace_path(name);
    const int file = open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
    if (file < 0) return error{what + ": " + path + ": " + std::strerror(errno)};
    close(file);
    int failure = 0;
    try {
        std::thread([&] { failure = mount_new_namespace(path); }).join();
    } catch (const std::system_error& no_thread) {
        failure = no_thread.code().value();
    }
    if (failure == 0) return {};
    unlink(path.c_str());
    return error{what + ": " + std::strerror(failure)};
}

result<network_namespace> open_or_create_named_namespace(const std::string& name) {
    if (auto valid = check_name(name); !valid) return valid.failure();
    if (auto there = network_namespace::open_name(name); there) return there;
    // A plain file of that name is what a crash between its creation and the mount leaves.
    if (auto cleaned = delete_named_namespace(name); !cleaned) return cleaned.failure();
    if (auto created = create_named_namespace(name); !created) return created.failure();
    return network_namespace::open_name(name);
}

result<void> delete_named_namespace(const std::string& name) {
    if (auto valid = check_name(name); !valid) return valid;
    const std::string path = namespace_path(name);
    // More than one mount can lie on a name; EINVAL says that none is left.
    while (umount2(path.c_str(), MNT_DETACH) == 0) {
    }
    if (errno != EINVAL && errno != ENOENT)
        return error{"delete network namespace " + name + ": unmount " + path + ": " + std::strerror(errno)};
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
        return error{"delete network namespace " + name + ": remove " + path + ": " + std::strerror(errno)};
    return {};
}

}  // namespace waggle::netlink
