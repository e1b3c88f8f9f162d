#include "dataplane/api/listener.hh"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "dataplane/api/directory_lock.hh"

namespace waggle::api {

namespace {

error failed(const std::string& path, const std::string& what) {
    return error{"socket " + path + ": " + what + ": " + std::strerror(errno)};
}

/// Far longer than anybody needs to look at a socket and put another in its place.
constexpr std::chrono::seconds lock_patience(10);

std::string directory_of(const std::string& path) {
    const std::string directory = std::filesystem::path(path).parent_path().string();
    return directory.empty() ? "." : directory;
}

/// True if a process accepts connections there.
bool is_served(const sockaddr_un& address) {
    const file_descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    // A full backlog is a server too.
    return connected == 0 || errno == EAGAIN;
}

}  // namespace

result<listener> listener::open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return error{"socket path \"" + path + "\" must have 1 to " +
                     std::to_string(sizeof address.sun_path - 1) + " bytes"};
    std::memcpy(address.sun_path, path.data(), path.size());

    // Two that start at once would both find nobody at the old socket, and the later one would remove the
    // socket that the earlier one has just made, or has not yet listened at.
    const std::optional<directory_lock> lock = directory_lock::take(directory_of(path), lock_patience);
    if (!lock) return failed(path, "its directory cannot be locked");
    file_descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.is_open()) return failed(path, "cannot be made");
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode)) return error{path + " exists and is not a socket; remove it"};
        if (is_served(address))
            return error{"another waggle-dataplane serves " + path + " already; stop it first"};
        if (::unlink(path.c_str()) != 0) return failed(path, "the one left behind cannot be removed");
    }
    // Before bind: the path never exists with other permissions.
    if (::fchmod(socket.get(), 0600) != 0) return failed(path, "cannot set its permissions");
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed(path, "cannot be bound");
    if (::listen(socket.get(), 128) != 0) return failed(path, "cannot listen");
    if (::lstat(path.c_str(), &there) != 0) return failed(path, "vanished");
    return listener(std::move(socket), path, there.st_dev, there.st_ino);
}

listener::~listener() {
    if (!_socket.is_open()) return;
    // Somebody may have put another one there; nobody does between the look and the removal.
    const std::optional<directory_lock> lock = directory_lock::take(directory_of(_path), lock_patience);
    struct stat there {};
    if (lock && ::lstat(_path.c_str(), &there) == 0 && there.st_dev == _device && there.st_ino == _inode)
        ::unlink(_path.c_str());
}

file_descriptor listener::accept() {
    file_descriptor connection(::accept4(_socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection.is_open()) return connection;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
        (peer.uid == 0 || peer.uid == ::geteuid()))
        return connection;
    return {};
}

}  // namespace waggle::api
