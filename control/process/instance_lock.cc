#include "control/process/instance_lock.hh"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <sys/file.h>

namespace waggle::control {

result<instance_lock> instance_lock::take(const std::string& path) {
    instance_lock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock._fd < 0) return error{"can't open " + path + ": " + std::strerror(errno)};
    if (::flock(lock._fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return error{"can't lock " + path + ": " + std::strerror(errno)};
        std::array<char, 32> holder{};
        ssize_t length = ::pread(lock._fd, holder.data(), holder.size() - 1, 0);
        std::string pid = length > 0 ? " (process " + std::string(holder.data()) + ")" : "";
        return error{"another waggle-control" + pid + " is running with this runtime directory: it holds " +
                     path};
    }
    // Only for the message above; the lock itself does not depend on it.
    std::string pid = std::to_string(::getpid());
    if (::ftruncate(lock._fd, 0) != 0 || ::pwrite(lock._fd, pid.data(), pid.size(), 0) < 0)
        return error{"can't write " + path + ": " + std::strerror(errno)};
    return lock;
}

instance_lock::instance_lock(instance_lock&& other) noexcept : _fd(std::exchange(other._fd, -1)) {
}

instance_lock& instance_lock::operator=(instance_lock&& other) noexcept {
    std::swap(_fd, other._fd);
    return *this;
}

instance_lock::~instance_lock() {
    if (_fd >= 0) ::close(_fd);
}

}  // namespace waggle::control
