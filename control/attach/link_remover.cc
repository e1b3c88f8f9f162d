#include "control/attach/link_remover.hh"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

namespace waggle::control {

namespace {

constexpr std::size_t most_threads = 32;

}  // namespace

std::vector<error> remove_links(const std::string& waggle_namespace, std::int32_t home,
                                const std::vector<found_link>& unwanted) {
    std::vector<error> failures;
    std::mutex guard;
    auto fail = [&](std::string why) {
        const std::lock_guard held(guard);
        failures.push_back({std::move(why)});
    };
    if (unwanted.empty()) return failures;
    auto waggle = netlink::network_namespace::open_path(waggle_namespace);
    if (!waggle) return {{"remove links: " + waggle.failure().message}};

    std::atomic<std::size_t> next{0};
    auto work = [&] {
        auto socket = netlink::socket::open_in(*waggle);
        if (!socket) return fail("remove links: " + socket.failure().message);
        for (std::size_t i = next++; i < unwanted.size(); i = next++) {
            if (auto gone = remove_link(*socket, home, unwanted[i]); !gone) fail(gone.failure().message);
        }
    };
    std::vector<std::thread> helpers;
    const std::size_t wanted = std::min(most_threads, unwanted.size());
    try {
        while (helpers.size() + 1 < wanted) helpers.emplace_back(work);
    } catch (const std::system_error&) {
        // Fewer threads take longer, no more.
    }
    work();
    for (std::thread& one : helpers) one.join();
    return failures;
}

}  // namespace waggle::control
