#include <time.h>
#include <unistd.h>

#include <sys/syscall.h>
#include <sys/time.h>

/// Loaded before the C library (LD_PRELOAD): every three seconds the process's wall clock jumps, up to a day
/// ahead or back. Who looks at the monotonic clock only does not notice.
namespace {

time_t offset() {
    constexpr time_t steps[] = {0, 86'400, -86'400, 5, -3'600};
    timespec steady{};
    ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &steady);
    return steps[steady.tv_sec / 3 % 5];
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* now) noexcept {
    const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, which, now));
    if (failed == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return failed;
}

int gettimeofday(timeval* now, void*) noexcept {
    timespec wall{};
    const int failed = clock_gettime(CLOCK_REALTIME, &wall);
    *now = {wall.tv_sec, wall.tv_nsec / 1000};
    return failed;
}

time_t time(time_t* out) noexcept {
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    if (out != nullptr) *out = wall.tv_sec;
    return wall.tv_sec;
}
}
