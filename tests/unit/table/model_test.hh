#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/table/rcu_domain.hh"

namespace waggle {

using random_source = std::mt19937_64;

inline std::uint64_t below(random_source& random, std::uint64_t limit) {
    return random() % limit;
}

/// The seed of a random test: fresh each run, printed; WAGGLE_TEST_SEED repeats a run.
inline std::uint64_t model_seed() {
    const char* given = std::getenv("WAGGLE_TEST_SEED");
    const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
    std::cout << "WAGGLE_TEST_SEED=" << seed << std::endl;
    return seed;
}

/// Threads that run `look(random)` between quiescent reports until the object goes. `look` returns what is
/// wrong, or an empty string.
class readers {
public:
    using look_function = std::function<std::string(random_source&)>;

    readers(rcu_domain& rcu, unsigned count, std::uint64_t seed, const look_function& look) {
        for (unsigned reader = 0; reader < count; ++reader)
            _threads.emplace_back([this, &rcu, reader, seed, look] {
                random_source random(seed + reader + 1);
                rcu.enter(reader);
                _started.fetch_add(1);
                while (!_stop.load(std::memory_order_relaxed)) {
                    std::string wrong = look(random);
                    _looks.fetch_add(1, std::memory_order_relaxed);
                    rcu.quiescent(reader);
                    if (wrong.empty()) continue;
                    ADD_FAILURE() << "reader " << reader << ": " << wrong;
                    break;
                }
                rcu.leave(reader);
            });
        while (_started.load() != count) std::this_thread::yield();
    }
    ~readers() {
        _stop.store(true);
        for (std::thread& each : _threads) each.join();
    }
    readers(const readers&) = delete;
    readers& operator=(const readers&) = delete;

    /// Gives readers the processor until each could have looked again, so that changes meet readers on a
    /// machine with fewer cores than threads too.
    void let_run() {
        const auto before = _looks.load(std::memory_order_relaxed);
        for (unsigned tries = 0; tries < 1000 && _looks.load(std::memory_order_relaxed) == before; ++tries)
            std::this_thread::yield();
    }
    std::uint64_t looks() const { return _looks.load(); }

private:
    std::atomic<bool> _stop{false};
    std::atomic<unsigned> _started{0};
    std::atomic<std::uint64_t> _looks{0};
    std::vector<std::thread> _threads;
};

}  // namespace waggle
