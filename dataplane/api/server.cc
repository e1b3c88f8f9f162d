#include "dataplane/api/server.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <unordered_map>
#include <utility>

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "dataplane/api/file_descriptor.hh"
#include "dataplane/api/listener.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/api/session.hh"

namespace waggle::api {

namespace {

/// Epoll tags; sessions count up from first_session.
constexpr std::uint64_t listener_tag = 0;
constexpr std::uint64_t timer_tag = 1;
constexpr std::uint64_t first_session = 2;

/// Clients that may be connected on top of readers: the owner and those that have not introduced themselves.
constexpr std::size_t others = 8;
constexpr int accepts_per_turn = 16;

std::uint64_t random_instance() {
    std::random_device random;
    for (;;) {
        const std::uint64_t value = std::uint64_t{random()} << 32 | random();
        if (value != 0) return value;
    }
}

}  // namespace

class server::implementation final : public session::host {
public:
    implementation(server_options options, applier& applied, listener opened, file_descriptor epoll,
                   file_descriptor timer)
        : _options(std::move(options)),
          _applier(applied),
          _listener(std::move(opened)),
          _epoll(std::move(epoll)),
          _timer(std::move(timer)),
          _view{.applied = applied,
                .fill_status = _options.fill_status,
                .node = _options.node,
                .instance = random_instance()} {}

    bool watch() {
        return control(EPOLL_CTL_ADD, _listener.get(), EPOLLIN, listener_tag) &&
               control(EPOLL_CTL_ADD, _timer.get(), EPOLLIN, timer_tag);
    }

    int descriptor_to_poll() const { return _epoll.get(); }
    std::uint64_t instance() const { return _view.instance; }
    std::size_t clients() const { return _clients.size(); }

    void poll() {
        std::array<epoll_event, 64> events;
        const int count = ::epoll_wait(_epoll.get(), events.data(), static_cast<int>(events.size()), 0);
        for (int i = 0; i < count; ++i) {
            const epoll_event& ready = events[static_cast<std::size_t>(i)];
            // A copy: the event is packed, nothing may refer to its members.
            const std::uint64_t tag = ready.data.u64;
            if (tag == listener_tag) {
                accept();
            } else if (tag == timer_tag) {
                check_deadlines();
            } else if (const auto found = _clients.find(tag); found != _clients.end()) {
                found->second.handled->handle(ready.events);
            }
        }
        tidy();
    }

    void publish(const event& happened) {
        wire::FromDataplane message;
        encode(happened, *message.mutable_event());
        for (auto& [tag, one] : _clients)
            if (one.handled->is_subscribed()) one.handled->send_event(message);
        tidy();
    }

    // session::host
    result<void> introduce(session& newcomer, session::role wanted) override {
        if (wanted == session::role::reader) {
            const auto readers = std::count_if(_clients.begin(), _clients.end(), [](const auto& entry) {
                return entry.second.handled->who() == session::role::reader;
            });
            if (static_cast<std::size_t>(readers) < _options.reader_limit) return {};
            return error{"too many readers: " + std::to_string(readers) + " are connected"};
        }
        if (_owner != nullptr && !_owner->is_finished() && !_owner->is_abandoned())
            return error{"another waggle-control owns this dataplane; stop it first"};
        // A dead owner's last messages may still be unread; the new one's snapshot supersedes them.
        if (_owner != nullptr) _owner->close("a new owner came");
        _owner = &newcomer;
        _view.owned = true;
        return {};
    }
    state_sink& sink() override { return _applier; }
    dump_view& view() override { return _view; }

private:
    struct client {
        std::unique_ptr<session> handled;
        std::uint32_t interest;
    };

    bool control(int operation, int fd, std::uint32_t events, std::uint64_t tag) {
        epoll_event wanted{};
        wanted.events = events;
        wanted.data.u64 = tag;
        return ::epoll_ctl(_epoll.get(), operation, fd, &wanted) == 0;
    }

    void accept() {
        for (int i = 0; i < accepts_per_turn; ++i) {
            file_descriptor connection = _listener.accept();
            if (!connection.is_open()) {
                // Somebody else's user: look at the next one.
                if (errno == EAGAIN || errno == EWOULDBLOCK) return;
                if (errno == EMFILE || errno == ENFILE) drop_oldest_stranger();
                continue;
            }
            if (_clients.size() >= _options.reader_limit + others) drop_oldest_stranger();
            auto made = std::make_unique<session>(std::move(connection), *this);
            const std::uint64_t tag = _next_tag++;
            if (!control(EPOLL_CTL_ADD, made->get(), EPOLLIN, tag)) continue;
            _clients.emplace(tag, client{std::move(made), EPOLLIN});
            if (_clients.size() == 1) set_timer(true);
        }
    }

    /// Of those that have not introduced themselves there is always one: readers and owners are fewer than
    /// the limit of clients.
    void drop_oldest_stranger() {
        session* oldest = nullptr;
        for (auto& [tag, one] : _clients) {
            session& candidate = *one.handled;
            if (candidate.who() != session::role::unknown || candidate.is_finished()) continue;
            if (oldest == nullptr || candidate.connected() < oldest->connected()) oldest = &candidate;
        }
        if (oldest != nullptr) oldest->close("too many clients");
        tidy();
    }

    void check_deadlines() {
        std::uint64_t ticks = 0;
        static_cast<void>(!::read(_timer.get(), &ticks, sizeof ticks));
        const auto now = session::clock::now();
        for (auto& [tag, one] : _clients)
            one.handled->check_deadlines(now, _options.hello_deadline, _options.stall_deadline);
    }

    /// Deadlines need a clock only while there are clients: an idle dataplane is not woken.
    void set_timer(bool running) {
        using namespace std::chrono;
        const auto shortest = std::min(_options.hello_deadline, _options.stall_deadline);
        const auto tick = std::clamp<nanoseconds>(shortest / 4, milliseconds(10), seconds(1));
        itimerspec setting{};
        if (running) {
            setting.it_interval.tv_sec = duration_cast<seconds>(tick).count();
            setting.it_interval.tv_nsec = (tick % seconds(1)).count();
            setting.it_value = setting.it_interval;
        }
        ::timerfd_settime(_timer.get(), 0, &setting, nullptr);
    }

    /// Destroys finished clients and tells epoll what the others wait for now.
    void tidy() {
        for (auto entry = _clients.begin(); entry != _clients.end();) {
            client& one = entry->second;
            if (one.handled->is_finished()) {
                if (_owner == one.handled.get()) {
                    _owner = nullptr;
                    _view.owned = false;
                }
                entry = _clients.erase(entry);
                if (_clients.empty()) set_timer(false);
                continue;
            }
            const std::uint32_t wanted = one.handled->interest();
            if (wanted != one.interest && control(EPOLL_CTL_MOD, one.handled->get(), wanted, entry->first))
                one.interest = wanted;
            ++entry;
        }
    }

    server_options _options;
    applier& _applier;
    listener _listener;
    file_descriptor _epoll;
    file_descriptor _timer;
    dump_view _view;
    std::unordered_map<std::uint64_t, client> _clients;
    std::uint64_t _next_tag = first_session;
    session* _owner = nullptr;
};

result<std::unique_ptr<server>> server::listen(server_options options, applier& applied) {
    auto opened = listener::open(options.path);
    if (!opened) return opened.failure();
    file_descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    file_descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!epoll.is_open() || !timer.is_open())
        return error{std::string("cannot watch the API socket: ") + std::strerror(errno)};
    auto made = std::make_unique<implementation>(std::move(options), applied, *std::move(opened),
                                                 std::move(epoll), std::move(timer));
    if (!made->watch()) return error{std::string("cannot watch the API socket: ") + std::strerror(errno)};
    return std::unique_ptr<server>(new server(std::move(made)));
}

server::server(std::unique_ptr<implementation> made) : _implementation(std::move(made)) {
}
server::~server() = default;

int server::descriptor() const {
    return _implementation->descriptor_to_poll();
}
void server::poll() {
    _implementation->poll();
}
void server::publish(const event& happened) {
    _implementation->publish(happened);
}
std::uint64_t server::instance() const {
    return _implementation->instance();
}
std::size_t server::clients() const {
    return _implementation->clients();
}

}  // namespace waggle::api
