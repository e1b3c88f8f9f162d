#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "bench/harness.hh"
#include "bench/table_keys.hh"
#include "dataplane/table/forwarding_table.hh"

namespace waggle::bench {
namespace {

constexpr unsigned burst = 64;
constexpr unsigned bursts = 32;
constexpr double updates_per_second = 100'000;

/// A table with a writer thread that can be let loose: half of its updates change values, a quarter insert
/// keys beyond the readers' range, a quarter erase them again.
class busy_table {
public:
    explicit busy_table(std::uint32_t entries) : _entries(entries) {
        for (std::uint32_t i = 0; i < entries; ++i)
            _table.upsert(key_number(i), forwarding_value::remote(static_cast<vtep_index>(i)));
        _rcu.enter(0);
        _writer = std::thread([this] { write(); });
    }
    ~busy_table() {
        _stop = true;
        _writer.join();
        _rcu.leave(0);
    }
    busy_table(const busy_table&) = delete;
    busy_table& operator=(const busy_table&) = delete;

    void let_write(bool on) { _writing = on; }
    std::uint64_t run() {
        std::array<forwarding_key, burst> keys;
        std::array<forwarding_value, burst> found;
        for (unsigned b = 0; b < bursts; ++b) {
            for (auto& key : keys) key = key_number(_random.below(_entries));
            _table.find(keys.data(), burst, found.data());
            keep(found);
            _rcu.quiescent(0);
        }
        return std::uint64_t{burst} * bursts;
    }
    double updates_a_second() const { return static_cast<double>(_updates.load()) / _seconds.load(); }

private:
    using clock = std::chrono::steady_clock;

    void update(std::uint64_t n) {
        const auto at = static_cast<std::uint32_t>(n / 4);
        const auto other = key_number(_entries + at % 1000);
        if (n % 4 == 0)
            _table.upsert(other, forwarding_value::local(1));
        else if (n % 4 == 2)
            _table.erase(other);
        else
            _table.upsert(key_number(_writer_random.below(_entries)), forwarding_value::local(2));
    }
    void write() {
        while (!_stop) {
            if (!_writing) {
                std::this_thread::sleep_for(std::chrono::microseconds(20));
                continue;
            }
            // In small portions, as a batch from the socket would be, at the wanted rate.
            auto last = clock::now();
            const auto pass_time = [&] {
                const auto now = clock::now();
                const double passed = std::chrono::duration<double>(now - last).count();
                last = now;
                _seconds = _seconds + passed;
                _owed += passed * updates_per_second;
            };
            while (_writing && !_stop) {
                pass_time();
                for (; _owed >= 1; --_owed) update(_updates++);
                _rcu.reclaim();
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            }
            // Slices of readers are short: what is due at the end of one comes first in the next.
            pass_time();
        }
    }

    std::uint32_t _entries;
    rcu_domain _rcu{1};
    forwarding_table _table{_rcu};
    fast_random _random{1};
    fast_random _writer_random{2};
    std::atomic<bool> _stop{false};
    std::atomic<bool> _writing{false};
    std::atomic<std::uint64_t> _updates{0};
    std::atomic<double> _seconds{0};
    /// Updates that are due; the writer's own.
    double _owed = 0;
    std::thread _writer;
};

const registration with_writer([] {
    for (const std::uint32_t entries : {10'000U, 1'000'000U}) {
        // Both contenders look up in one table, made by whichever comes first.
        auto shared = std::make_shared<std::weak_ptr<busy_table>>();
        const auto table = [shared, entries] {
            auto made = shared->lock();
            if (!made) *shared = made = std::make_shared<busy_table>(entries);
            return made;
        };
        const std::string size = "/" + std::to_string(entries);
        add_group({
            {.name = "table_lookup_with_writer" + size,
             .make =
                 [table] {
                     auto busy = table();
                     return measured{.run = [busy] { return busy->run(); },
                                     .before_slice = [busy] { busy->let_write(true); },
                                     .after_slice = [busy] { busy->let_write(false); },
                                     .report =
                                         [busy] {
                                             return std::map<std::string, double>{
                                                 {"updates_a_second", busy->updates_a_second()}};
                                         }};
                 },
             .baseline = "table_lookup_without_writer" + size},
            {.name = "table_lookup_without_writer" + size,
             .make =
                 [table] {
                     auto busy = table();
                     return measured{.run = [busy] { return busy->run(); }};
                 }},
        });
    }
});

}  // namespace
}  // namespace waggle::bench
