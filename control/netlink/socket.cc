#include "control/netlink/socket.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unistd.h>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

#include "control/netlink/attributes.hh"

namespace waggle::netlink {

namespace {

constexpr std::size_t receive_buffer_bytes = 128 * 1024;
/// Answers of a batch wait in our receive buffer; each may be charged 8 kB.
constexpr std::size_t batch_window = 64;
constexpr int socket_receive_bytes = 4 * 1024 * 1024;

reply failure(const std::string& what, int code, const std::string& detail = {}) {
    std::string message = what + ": " + std::strerror(code);
    if (!detail.empty()) message += " (" + detail + ")";
    return {code, std::move(message)};
}

/// The kernel's own words in an acknowledgement with NETLINK_EXT_ACK.
std::string extended_message(const nlmsghdr& message, std::size_t fixed_size) {
    if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
    std::size_t offset = fixed_size;
    const auto* original = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message));
    // Without NLM_F_CAPPED the whole request is repeated before the attributes.
    if (message.nlmsg_type == NLMSG_ERROR && (message.nlmsg_flags & NLM_F_CAPPED) == 0)
        offset += original->msg.nlmsg_len - sizeof(nlmsghdr);
    if (offset > mnl_nlmsg_get_payload_len(&message)) return {};
    std::string text = attributes(&message, offset).text(NLMSGERR_ATTR_MSG);
    while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
    return text;
}

/// The end of an exchange, if `message` is one.
std::optional<reply> end_of(const nlmsghdr& message, const std::string& what) {
    if (message.nlmsg_type == NLMSG_ERROR) {
        if (mnl_nlmsg_get_payload_len(&message) < sizeof(nlmsgerr)) return failure(what, EBADMSG);
        const int code = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error;
        if (code == 0) return reply{};
        return failure(what, code, extended_message(message, sizeof(nlmsgerr)));
    }
    if (message.nlmsg_type == NLMSG_DONE) {
        int code = 0;
        if (mnl_nlmsg_get_payload_len(&message) >= sizeof(int))
            std::memcpy(&code, mnl_nlmsg_get_payload(&message), sizeof code);
        if (code >= 0) return reply{};
        return failure(what, -code, extended_message(message, sizeof(int)));
    }
    return std::nullopt;
}

void set_option(int fd, int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);
}

int open_fd() {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    // Filters of dumps are honoured, and nonsense refused, only with strict checking.
    set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, socket_receive_bytes);
    const timeval patience{30, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

}  // namespace

result<socket> socket::open() {
    const int fd = open_fd();
    if (fd < 0) return error{std::string("open a rtnetlink socket: ") + std::strerror(-fd)};
    return socket(fd);
}

result<socket> socket::open_in(const network_namespace& where) {
    int fd = -1;
    if (auto ran = run_in_namespace(where, [&] { fd = open_fd(); }); !ran) return ran.failure();
    if (fd < 0) return error{std::string("open a rtnetlink socket: ") + std::strerror(-fd)};
    return socket(fd);
}

socket::socket(socket&& other) noexcept : _fd(std::exchange(other._fd, -1)), _sequence(other._sequence) {
}

socket& socket::operator=(socket&& other) noexcept {
    std::swap(_fd, other._fd);
    std::swap(_sequence, other._sequence);
    return *this;
}

socket::~socket() {
    if (_fd >= 0) close(_fd);
}

int socket::receive(std::vector<char>& buffer) const {
    for (;;) {
        const ssize_t got = recv(_fd, buffer.data(), buffer.size(), MSG_TRUNC);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (static_cast<std::size_t>(got) > buffer.size()) return -EMSGSIZE;
        return static_cast<int>(got);
    }
}

reply socket::exchange_once(request& message, const message_handler& on_message) {
    nlmsghdr* head = message.message();
    head->nlmsg_seq = ++_sequence;
    if (send(_fd, head, head->nlmsg_len, 0) < 0) return failure(message.what(), errno);
    std::vector<char> buffer(message.is_dump() ? receive_buffer_bytes : receive_buffer_bytes / 4);
    bool inconsistent = false;
    for (;;) {
        int left = receive(buffer);
        if (left < 0) return failure(message.what(), -left);
        const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer.data());
        for (; mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left)) {
            // The rest of an exchange that was given up may still arrive.
            if (answer->nlmsg_seq != _sequence) continue;
            if ((answer->nlmsg_flags & NLM_F_DUMP_INTR) != 0) inconsistent = true;
            if (auto end = end_of(*answer, message.what())) {
                if (end->ok() && inconsistent) return failure(message.what(), EINTR);
                return *end;
            }
            if (on_message) on_message(*answer);
        }
    }
}

reply socket::transact(request& message, const message_handler& on_message,
                       const std::function<void()>& on_restart) {
    if (message.overflow()) return failure(message.what(), EMSGSIZE, "the request is too long");
    constexpr int tries = 10;
    reply last;
    for (int i = 0; i < tries; ++i) {
        last = exchange_once(message, on_message);
        if (last.code != EINTR) break;
        if (i + 1 < tries && on_restart) on_restart();
    }
    return last;
}

std::vector<reply> socket::batch(std::span<request> messages, const batch_handler& on_message) {
    constexpr int unanswered = -1;
    std::vector<reply> replies(messages.size(), reply{unanswered, {}});
    std::vector<char> buffer(receive_buffer_bytes);
    for (std::size_t start = 0; start < messages.size(); start += batch_window) {
        const std::size_t count = std::min(batch_window, messages.size() - start);
        const std::uint32_t first = _sequence + 1;
        std::array<iovec, batch_window> pieces{};
        std::size_t sent = 0;
        for (std::size_t i = 0; i < count; ++i) {
            request& message = messages[start + i];
            message.message()->nlmsg_seq = ++_sequence;
            if (message.overflow()) {
                replies[start + i] = failure(message.what(), EMSGSIZE, "the request is too long");
                continue;
            }
            pieces[sent++] = {message.message(), message.message()->nlmsg_len};
        }
        auto fail_unanswered = [&](int code) {
            for (std::size_t i = start; i < start + count; ++i)
                if (replies[i].code == unanswered) replies[i] = failure(messages[i].what(), code);
        };
        if (sent == 0) continue;
        msghdr envelope{};
        envelope.msg_iov = pieces.data();
        envelope.msg_iovlen = sent;
        if (sendmsg(_fd, &envelope, 0) < 0) {
            fail_unanswered(errno);
            continue;
        }
        // The window is done when each one sent has ended.
        std::size_t ended = 0;
        while (ended < sent) {
            int left = receive(buffer);
            if (left < 0) {
                fail_unanswered(-left);
                break;
            }
            const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer.data());
            for (; mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left)) {
                const std::uint32_t offset = answer->nlmsg_seq - first;
                if (offset >= count) continue;
                const std::size_t index = start + offset;
                if (auto end = end_of(*answer, messages[index].what())) {
                    replies[index] = std::move(*end);
                    ++ended;
                } else if (on_message) {
                    on_message(index, *answer);
                }
            }
        }
    }
    return replies;
}

}  // namespace waggle::netlink
