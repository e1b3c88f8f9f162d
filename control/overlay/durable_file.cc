#include "control/overlay/durable_file.hh"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <sys/stat.h>

namespace waggle::control {
namespace {

class descriptor {
public:
    explicit descriptor(int fd) : _fd(fd) {}
    ~descriptor() {
        if (_fd >= 0) ::close(_fd);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const { return _fd; }
    /// False if the kernel reports a late write error.
    bool close() { return ::close(std::exchange(_fd, -1)) == 0; }

private:
    int _fd;
};

error failed(const std::string& what, const std::string& path) {
    return {"can't " + what + " " + path + ": " + std::strerror(errno)};
}

/// A new or removed name is on the disk only when its directory is.
result<void> sync_directory_of(const std::string& path) {
    std::string directory = std::filesystem::path(path).parent_path();
    descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) return failed("write", directory);
    return {};
}

bool write_all(int fd, const std::string& content) {
    std::size_t done = 0;
    while (done < content.size()) {
        ssize_t written = ::write(fd, content.data() + done, content.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        done += static_cast<std::size_t>(written);
    }
    return true;
}

}  // namespace

result<void> make_directory(const std::string& path) {
    std::error_code reason;
    bool made = std::filesystem::create_directories(path, reason);
    if (reason) return error{"can't make directory " + path + ": " + reason.message()};
    if (made && ::chmod(path.c_str(), 0700) != 0) return failed("set the mode of", path);
    return {};
}

result<std::string> read_file(const std::string& path, std::size_t largest) {
    descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return failed("read", path);
    std::string content;
    std::array<char, 4096> piece;
    for (;;) {
        ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", path);
        if (got == 0) return content;
        content.append(piece.data(), static_cast<std::size_t>(got));
        if (content.size() > largest)
            return error{path + " is longer than " + std::to_string(largest) + " bytes"};
    }
}

result<void> write_durably(const std::string& path, const std::string& content) {
    std::filesystem::path target(path);
    std::string temporary = target.parent_path() / ("." + target.filename().string() + ".new");
    descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0) return failed("write", temporary);
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0 || !file.close() ||
        ::rename(temporary.c_str(), path.c_str()) != 0) {
        error reason = failed("write", path);
        ::unlink(temporary.c_str());
        return reason;
    }
    return sync_directory_of(path);
}

result<void> remove_durably(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path);
    return sync_directory_of(path);
}

}  // namespace waggle::control
