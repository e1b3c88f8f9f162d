#include "config/private_file.hh"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/secret.hh"

namespace waggle::config {

namespace {

constexpr std::size_t largest_file = 8192;

std::string octal(mode_t mode) {
    std::string text = "0";
    for (const unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + (mode >> shift & 7U));
    return text;
}

/// Nothing if the file may be used.
std::string objection(const struct stat& file, const std::string& path) {
    if (!S_ISREG(file.st_mode)) return path + " is no regular file";
    if (file.st_uid != 0 && file.st_uid != ::geteuid())
        return path + " belongs to user " + std::to_string(file.st_uid) + "; run 'chown root " + path + "'";
    if ((file.st_mode & 077U) != 0)
        return path + " may be used by others (mode " + octal(file.st_mode) + "); run 'chmod 600 " + path +
               "'";
    return "";
}

error unreadable(const std::string& path) {
    return {path + " can't be read: " + std::strerror(errno)};
}

/// At most one byte more than is allowed; false on failure.
bool read_all(int fd, std::string& text) {
    text.resize(largest_file + 1);
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t got = ::read(fd, text.data() + done, text.size() - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return true;
}

result<private_text> read_opened(int fd, const std::string& path) {
    struct stat file {};
    if (::fstat(fd, &file) != 0) return unreadable(path);
    if (std::string why = objection(file, path); !why.empty()) return error{std::move(why)};
    std::string text;
    if (!read_all(fd, text)) {
        error reason = unreadable(path);
        wipe(text);
        return reason;
    }
    if (text.size() > largest_file) {
        wipe(text);
        return error{path + " is longer than " + std::to_string(largest_file) + " bytes"};
    }
    return private_text(std::move(text));
}

}  // namespace

private_text::~private_text() {
    wipe(_text);
}

private_text::private_text(private_text&& other) noexcept : _text(std::move(other._text)) {
    wipe(other._text);
}

result<private_text> read_private_file(const std::string& path) {
    // Not to wait for the writer of a pipe.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return unreadable(path);
    result<private_text> text = read_opened(fd, path);
    ::close(fd);
    return text;
}

}  // namespace waggle::config
