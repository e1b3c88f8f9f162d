#pragma once

#include <unistd.h>
#include <utility>

namespace waggle::api {

/// Owns a file descriptor.
class file_descriptor {
public:
    file_descriptor() = default;
    explicit file_descriptor(int fd) : _fd(fd) {}
    file_descriptor(file_descriptor&& other) noexcept : _fd(std::exchange(other._fd, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        std::swap(_fd, other._fd);
        return *this;
    }
    ~file_descriptor() {
        if (_fd >= 0) ::close(_fd);
    }

    int get() const { return _fd; }
    bool is_open() const { return _fd >= 0; }

private:
    int _fd = -1;
};

}  // namespace waggle::api
