#pragma once

#include <string>

#include <sys/types.h>

#include "common/result.hh"
#include "dataplane/api/file_descriptor.hh"

namespace waggle::api {

/// A unix stream socket at a path, mode 0600; the path is removed with it.
class listener {
public:
    /// Replaces a socket that nobody serves; fails if somebody does, or if the path is something else. Of
    /// several that open one path at once exactly one succeeds.
    static result<listener> open(const std::string& path);
    listener(listener&&) noexcept = default;
    listener& operator=(listener&&) = delete;
    ~listener();

    int get() const { return _socket.get(); }
    /// A non-blocking connection of root or of our own user; closed if there was none or of somebody else.
    file_descriptor accept();

private:
    listener(file_descriptor socket, std::string path, dev_t device, ino_t inode)
        : _socket(std::move(socket)), _path(std::move(path)), _device(device), _inode(inode) {}

    file_descriptor _socket;
    std::string _path;
    dev_t _device;
    ino_t _inode;
};

}  // namespace waggle::api
