#include "dataplane/process/main_loop.hh"

#include <array>
#include <chrono>
#include <csignal>
#include <systemd/sd-daemon.h>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "dataplane/port/system_error.hh"
#include "dataplane/process/log.hh"

namespace waggle {
namespace {

using clock = std::chrono::steady_clock;

/// After a change workers pass their grace periods within microseconds: look for that for a while, then only
/// each second.
constexpr auto settle_time = std::chrono::milliseconds(100);
constexpr int settle_look_milliseconds = 5;

bool add(const file_descriptor& events, int descriptor) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.fd = descriptor;
    return ::epoll_ctl(events.get(), EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

}  // namespace

result<main_loop> main_loop::prepare() {
    main_loop made;
    sigset_t stopping;
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGTERM);
    sigaddset(&stopping, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
    // A reader that went away shows as an error of write().
    (void)std::signal(SIGPIPE, SIG_IGN);
    made._events = file_descriptor(::epoll_create1(EPOLL_CLOEXEC));
    made._signals = file_descriptor(::signalfd(-1, &stopping, SFD_CLOEXEC | SFD_NONBLOCK));
    made._seconds = file_descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    made._calls = std::make_unique<main_lcore_calls>();
    itimerspec each_second{};
    each_second.it_interval.tv_sec = 1;
    each_second.it_value.tv_sec = 1;
    if (!made._events || !made._signals || !made._seconds ||
        ::timerfd_settime(made._seconds.get(), 0, &each_second, nullptr) != 0 ||
        !add(made._events, made._signals.get()) || !add(made._events, made._seconds.get()) ||
        !add(made._events, made._calls->descriptor()))
        return system_error("cannot set up the main loop");
    return made;
}

result<void> main_loop::run(dataplane& of) {
    if (!add(_events, of.server().descriptor())) return system_error("cannot watch the socket");
    auto last_change = clock::now();
    for (;;) {
        const bool settling = clock::now() - last_change < settle_time;
        std::array<epoll_event, 8> events;
        const int count = ::epoll_wait(_events.get(), events.data(), static_cast<int>(events.size()),
                                       settling ? settle_look_milliseconds : -1);
        if (count < 0 && errno != EINTR) return system_error("cannot wait for events");
        for (int i = 0; i < count; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == of.server().descriptor()) last_change = clock::now();
            if (!handle(descriptor, of)) return {};
        }
        of.writer().commit();
    }
}

bool main_loop::handle(int descriptor, dataplane& of) {
    if (descriptor == of.server().descriptor()) of.server().poll();
    if (descriptor == _calls->descriptor()) _calls->poll();
    if (descriptor == _seconds.get()) {
        std::uint64_t expirations = 0;
        (void)!::read(descriptor, &expirations, sizeof expirations);
        of.check();
        ::sd_notify(0, "WATCHDOG=1");
    }
    if (descriptor == _signals.get()) {
        signalfd_siginfo signal{};
        if (::read(descriptor, &signal, sizeof signal) != static_cast<ssize_t>(sizeof signal)) return true;
        log_info(std::string(::strsignal(static_cast<int>(signal.ssi_signo))) +
                 ": stopping");  // NOLINT(concurrency-mt-unsafe)
        return false;
    }
    return true;
}

}  // namespace waggle
