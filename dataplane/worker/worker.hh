#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "config/config.hh"
#include "dataplane/pipeline/outputs.hh"
#include "dataplane/pipeline/worker_context.hh"
#include "dataplane/table/rcu_domain.hh"
#include "dataplane/worker/poll_plan.hh"
#include "dataplane/worker/wake_up.hh"

namespace waggle {

/// How a worker spent its time; ticks of the TSC.
struct worker_statistics {
    worker_counter rounds;
    worker_counter busy_ticks;
    worker_counter idle_ticks;
    worker_counter packets;
    worker_counter sleeps;
    /// CPU it was last seen on.
    std::atomic<unsigned> cpu{0};
};

/// One forwarding thread: receives from the queues of its plan, runs the pipeline, sends. Everything public
/// but run() is for the main lcore.
class worker {
public:
    /// `context`: all but outputs and time filled in. References outlive the worker.
    worker(const worker_context& context, const port_directory& ports, rcu_domain& rcu,
           config::idle_mode idle);
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// Ways to another worker: for packets that it has to open, and for those that are opened.
    struct rings {
        handover* sealed;
        handover* opened;
    };
    /// To all workers, by number; they outlive the worker's run(). Without them it must be the only worker.
    /// Before run().
    void connect(std::vector<rings> to);

    /// The thread's whole life, until stop().
    void run();
    void stop();

    /// Replaces the plan; the caller retires the previous one.
    void publish(const poll_plan* plan);
    /// Lets the descriptor of a watched queue, or one that is armed before sleeping, wake the worker.
    void watch(polled_queue& queue);
    void unwatch(const polled_queue& queue);

    wake_up& waking() { return _wake_up; }
    const worker_statistics& statistics() const { return _statistics; }

private:
    static void flush_outputs(void* self, port_index port, rte_mbuf** packets, unsigned count);
    static void flush_other_workers(void* self, port_index worker, rte_mbuf** packets, unsigned count);
    static void flush_opened(void* self, port_index worker, rte_mbuf** packets, unsigned count);
    void hand_over(handover& ring, rte_mbuf** packets, unsigned count);
    void send(port_index port, rte_mbuf** packets, unsigned count);
    overlay_counters& counters_of(overlay_index overlay) const;

    void adopt(const poll_plan& plan);
    unsigned round(const poll_plan& plan);
    unsigned poll(polled_queue& queue, unsigned capacity);
    unsigned poll_hot_queues();
    void look_for_events();
    void serve(const poll_plan::served_queue& queue);
    unsigned take_handed_over();
    unsigned take(handover& ring, bool opened);
    void flush();
    bool rings_are_empty() const;

    void rest(const poll_plan& plan);
    bool arm(const poll_plan& plan, bool enable);
    bool may_sleep(const poll_plan& plan) const;

    worker_context _context;
    waggle::outputs _outputs;
    waggle::outputs _other_workers;
    waggle::outputs _other_workers_opened;
    std::vector<rings> _rings;
    const port_directory& _ports;
    rcu_domain& _rcu;
    config::idle_mode _idle;
    file_descriptor _events;
    wake_up _wake_up;
    std::atomic<const poll_plan*> _plan{nullptr};
    std::atomic<bool> _stopping{false};
    worker_statistics _statistics;

    // The thread's own.
    std::uint64_t _plan_number = 0;
    std::vector<polled_queue*> _hot;
    std::uint64_t _last_frame = 0;
};

/// Lets workers hand packets to one another. The rings go after the workers have stopped and before the
/// packet pools.
result<std::vector<std::unique_ptr<handover>>> connect_workers(const std::vector<worker*>& workers);

}  // namespace waggle
