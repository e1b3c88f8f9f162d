#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

struct rte_rcu_qsbr;

namespace waggle {

/// One quiescent-state domain for all tables: workers are readers, the main lcore is the only writer.
/// Needs no EAL, so that model tests and fuzzers can use it.
class rcu_domain {
public:
    /// `readers`: the highest number of reader threads, ids 0 to readers - 1.
    explicit rcu_domain(unsigned readers);
    ~rcu_domain();
    rcu_domain(const rcu_domain&) = delete;
    rcu_domain& operator=(const rcu_domain&) = delete;

    /// Reader side, each call by the thread that owns `reader`.
    void enter(unsigned reader);      ///< register and go online
    void leave(unsigned reader);      ///< go offline and unregister
    void quiescent(unsigned reader);  ///< holds no reference; once per loop
    void online(unsigned reader);     ///< after a blocking call
    void offline(unsigned reader);    ///< before a blocking call

    /// Writer side. Starts a grace period; is_over(token) tells whether all readers passed it (never waits).
    std::uint64_t start_grace_period();
    bool is_over(std::uint64_t token);
    /// Runs `destroy` on the writer after a grace period: at a later reclaim() or synchronize().
    void retire(std::function<void()> destroy);
    /// Runs what is due; never waits.
    void reclaim();
    /// Waits for all readers and runs everything retired. Only where the writer may wait (shutdown, tests).
    void synchronize();

private:
    struct retired {
        std::uint64_t token;
        std::function<void()> destroy;
    };
    std::unique_ptr<rte_rcu_qsbr, void (*)(rte_rcu_qsbr*)> _qsbr;
    std::deque<retired> _retired;
};

}  // namespace waggle
