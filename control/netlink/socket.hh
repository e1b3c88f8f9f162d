#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <linux/netlink.h>

#include "common/result.hh"
#include "control/netlink/namespace.hh"
#include "control/netlink/request.hh"

namespace waggle::netlink {

/// How a request ended. `code` is an errno, 0 on success; `message` is the sentence "ACTION: why", with the
/// kernel's extended acknowledgement where it gave one.
struct reply {
    int code = 0;
    std::string message;

    bool ok() const { return code == 0; }
    explicit operator bool() const { return ok(); }
    result<void> to_result() const {
        if (ok()) return {};
        return error{message};
    }
};

/// A blocking rtnetlink socket for requests. It belongs to the namespace in which it was opened, whatever
/// thread uses it. One user at a time.
class socket {
public:
    /// In the calling thread's namespace.
    static result<socket> open();
    static result<socket> open_in(const network_namespace& where);

    socket(socket&& other) noexcept;
    socket& operator=(socket&& other) noexcept;
    socket(const socket&) = delete;
    socket& operator=(const socket&) = delete;
    ~socket();

    using message_handler = std::function<void(const nlmsghdr&)>;
    using batch_handler = std::function<void(std::size_t index, const nlmsghdr&)>;

    /// Sends one request and waits for its end. Answers (of a dump: each entry) go to `on_message`. A dump
    /// that the kernel reports as inconsistent is repeated: `on_restart` then tells to forget what came.
    reply transact(request& message, const message_handler& on_message = {},
                   const std::function<void()>& on_restart = {});

    /// Sends many requests (no dumps) with few system calls. One reply each, in order; all are tried.
    std::vector<reply> batch(std::span<request> messages, const batch_handler& on_message = {});

    int fd() const { return _fd; }

private:
    explicit socket(int fd) : _fd(fd) {}
    reply exchange_once(request& message, const message_handler& on_message);
    int receive(std::vector<char>& buffer) const;

    int _fd = -1;
    std::uint32_t _sequence = 0;
};

}  // namespace waggle::netlink
