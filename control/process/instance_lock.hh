#pragma once

#include <string>

#include "common/result.hh"

namespace waggle::control {

/// At most one process at a time holds the lock at a path; it goes with the process, however that ends.
class instance_lock {
public:
    /// Makes the file if needed. Fails with one sentence if another process holds it.
    static result<instance_lock> take(const std::string& path);
    instance_lock(instance_lock&& other) noexcept;
    instance_lock& operator=(instance_lock&& other) noexcept;
    ~instance_lock();

private:
    explicit instance_lock(int fd) : _fd(fd) {}
    int _fd = -1;
};

}  // namespace waggle::control
