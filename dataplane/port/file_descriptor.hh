#pragma once

#include <unistd.h>
#include <utility>

namespace waggle {

/// Owns one open file descriptor.
class file_descriptor {
public:
    file_descriptor() = default;
    explicit file_descriptor(int number) : _number(number) {}
    ~file_descriptor() { reset(); }
    file_descriptor(file_descriptor&& other) noexcept : _number(std::exchange(other._number, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            _number = std::exchange(other._number, -1);
        }
        return *this;
    }

    explicit operator bool() const { return _number >= 0; }
    int get() const { return _number; }
    void reset() {
        if (_number >= 0) ::close(_number);
        _number = -1;
    }

private:
    int _number = -1;
};

}  // namespace waggle
