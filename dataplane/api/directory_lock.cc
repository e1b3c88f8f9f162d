#include "dataplane/api/directory_lock.hh"

#include <cerrno>
#include <fcntl.h>
#include <thread>

#include <sys/file.h>

namespace waggle::api {

std::optional<directory_lock> directory_lock::take(const std::string& directory,
                                                   std::chrono::milliseconds patience) {
    file_descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return std::nullopt;
    // Not the blocking form: somebody who never lets go must not hang the start.
    const auto end = std::chrono::steady_clock::now() + patience;
    while (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return std::nullopt;
        if (std::chrono::steady_clock::now() >= end) {
            errno = EBUSY;
            return std::nullopt;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return directory_lock(std::move(opened));
}

}  // namespace waggle::api
