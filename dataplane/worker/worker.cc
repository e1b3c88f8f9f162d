#include "dataplane/worker/worker.hh"

#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <sys/epoll.h>

#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/pipeline/encapsulate.hh"
#include "dataplane/segment/merge.hh"

namespace waggle {
namespace {

/// Frames a queue may bring per turn where each costs a kernel crossing: fairness between queues.
constexpr unsigned kernel_burst = 32;
constexpr int events_per_look = 32;
/// A descriptor that goes on telling of an error is not listened to any more.
constexpr unsigned error_limit = 16;

}  // namespace

worker::worker(const worker_context& context, const port_directory& ports, rcu_domain& rcu,
               config::idle_mode idle)
    : _context(context),
      _outputs(&worker::flush_outputs, this),
      _other_workers(&worker::flush_other_workers, this),
      _other_workers_opened(&worker::flush_opened, this),
      _ports(ports),
      _rcu(rcu),
      _idle(idle),
      _events(::epoll_create1(EPOLL_CLOEXEC)) {
    _context.outputs = &_outputs;
    _context.other_workers = &_other_workers;
    _context.ticks_per_second = rte_get_tsc_hz();
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.ptr = nullptr;
    ::epoll_ctl(_events.get(), EPOLL_CTL_ADD, _wake_up.descriptor(), &wanted);
}

void worker::publish(const poll_plan* plan) {
    _plan.store(plan, std::memory_order_release);
    _wake_up.call();
}

void worker::stop() {
    _stopping.store(true, std::memory_order_release);
    _wake_up.call();
}

void worker::watch(polled_queue& queue) {
    epoll_event wanted{};
    wanted.events = queue.source->needs_arming() ? EPOLLIN | EPOLLET : EPOLLIN;
    wanted.data.ptr = &queue;
    ::epoll_ctl(_events.get(), EPOLL_CTL_ADD, queue.source->event_descriptor(queue.queue), &wanted);
}

void worker::unwatch(const polled_queue& queue) {
    ::epoll_ctl(_events.get(), EPOLL_CTL_DEL, queue.source->event_descriptor(queue.queue), nullptr);
}

void worker::run() {
    _rcu.enter(_context.worker);
    _last_frame = rte_rdtsc();
    std::uint64_t round_start = _last_frame;
    while (!_stopping.load(std::memory_order_acquire)) {
        const poll_plan& plan = *_plan.load(std::memory_order_acquire);
        if (plan.number != _plan_number) adopt(plan);
        _context.now = round_start;
        _context.udp_port = _ports.vxlan_port();
        const unsigned frames = round(plan);
        if (frames == 0 && may_sleep(plan)) rest(plan);
        const std::uint64_t round_end = rte_rdtsc();
        if (frames != 0) _last_frame = round_end;
        (frames != 0 ? _statistics.busy_ticks : _statistics.idle_ticks).add(round_end - round_start);
        _statistics.packets.add(frames);
        _statistics.rounds.add(1);
        round_start = round_end;
        _rcu.quiescent(_context.worker);
    }
    _rcu.leave(_context.worker);
}

void worker::adopt(const poll_plan& plan) {
    _plan_number = plan.number;
    _hot.clear();
    // Descriptors tell again of what is waiting.
    for (polled_queue* queue : plan.watched) queue->hot = false;
}

unsigned worker::round(const poll_plan& plan) {
    unsigned frames = 0;
    for (polled_queue* queue : plan.polled) frames += poll(*queue, burst_capacity);
    frames += poll_hot_queues();
    for (const auto& queue : plan.served) serve(queue);
    frames += take_handed_over();
    // While queues bring frames the others are looked after now and then, else at once.
    constexpr std::uint64_t rounds_between_looks = 8;
    if (!plan.watched.empty() && (frames == 0 || _statistics.rounds.read() % rounds_between_looks == 0))
        look_for_events();
    return frames;
}

unsigned worker::poll_hot_queues() {
    unsigned frames = 0;
    for (std::size_t i = 0; i < _hot.size();) {
        const unsigned count = poll(*_hot[i], kernel_burst);
        frames += count;
        if (count != 0) {
            _hot[i++]->errors = 0;
            continue;
        }
        _hot[i]->hot = false;
        _hot[i] = _hot.back();
        _hot.pop_back();
    }
    return frames;
}

void worker::look_for_events() {
    std::array<epoll_event, events_per_look> events;
    const int count = ::epoll_wait(_events.get(), events.data(), events_per_look, 0);
    for (int i = 0; i < count; ++i) {
        auto* queue = static_cast<polled_queue*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (queue == nullptr || !queue->is_watched() || queue->hot) continue;
        const bool failed = (events[static_cast<std::size_t>(i)].events & EPOLLIN) == 0;
        if (failed && ++queue->errors > error_limit) {
            unwatch(*queue);
            continue;
        }
        queue->hot = true;
        _hot.push_back(queue);
    }
}

unsigned worker::poll(polled_queue& queue, unsigned capacity) {
    std::array<rte_mbuf*, burst_capacity> packets;
    const received got = queue.source->receive(queue.queue, packets.data(), capacity);
    const overlay_index overlay = queue.overlay.load(std::memory_order_relaxed);
    if (got.too_long != 0) counters_of(overlay).drop(drop_reason::frame_too_long, got.too_long);
    if (got.count == 0) return got.too_long;
    switch (queue.use) {
        case port_use::access:
            encapsulate(_context, queue.index, overlay, packets.data(), got.count);
            break;
        case port_use::underlay:
            decapsulate(_context, {queue.index, queue.partner}, packets.data(), got.count);
            break;
        case port_use::exception:
            for (unsigned i = 0; i < got.count; ++i) _outputs.push(*queue.partner, packets[i]);
            break;
    }
    flush();
    return got.count + got.too_long;
}

void worker::flush() {
    _outputs.flush_all();
    _other_workers.flush_all();
    _other_workers_opened.flush_all();
}

void worker::serve(const poll_plan::served_queue& queue) {
    std::array<rte_mbuf*, burst_capacity> packets;
    if (const unsigned count = queue.frames->take(packets.data(), burst_capacity); count != 0)
        send(queue.index, packets.data(), count);
}

void worker::flush_outputs(void* self, port_index port, rte_mbuf** packets, unsigned count) {
    static_cast<worker*>(self)->send(port, packets, count);
}

void worker::send(port_index port, rte_mbuf** packets, unsigned count) {
    const port_slot* slot = _ports.find(port);
    if (slot == nullptr) {
        _context.no_overlay_counters->drop(drop_reason::port_gone, count);
        rte_pktmbuf_free_bulk(packets, count);
        return;
    }
    const unsigned self = _context.worker;
    transmitted done;
    if (self < slot->transmit_queues) {
        if (slot->merges) count = merge_segments(packets, count);
        done = slot->target->transmit(self, packets, count);
    } else {
        done.taken = slot->handovers[self % slot->transmit_queues]->put(packets, count);
    }
    if (done.taken == count && done.refused == 0) [[likely]]
        return;
    overlay_counters& counters = counters_of(slot->overlay.load(std::memory_order_relaxed));
    if (done.refused != 0) counters.drop(drop_reason::send_refused, done.refused);
    if (done.taken == count) return;
    // A merged frame is lost as the packets that it was.
    unsigned lost = 0;
    for (unsigned i = done.taken; i < count; ++i) lost += packets[i]->nb_segs;
    counters.drop(slot->target->is_up() ? drop_reason::port_full : drop_reason::port_gone, lost);
    rte_pktmbuf_free_bulk(packets + done.taken, count - done.taken);
}

overlay_counters& worker::counters_of(overlay_index overlay) const {
    const overlay_entry* entry = overlay == no_overlay ? nullptr : _context.tables->overlay(overlay);
    return entry == nullptr ? *_context.no_overlay_counters : entry->counters[_context.worker];
}

}  // namespace waggle
