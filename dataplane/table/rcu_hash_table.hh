#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <new>
#include <optional>

#include "dataplane/table/bucket_array.hh"
#include "dataplane/table/rcu_domain.hh"

namespace waggle {

/// A hash table with one writer and lock-free RCU readers. Rules that keep readers right:
/// - an entry becomes visible by one store, after everything it consists of;
/// - a value changes by one store;
/// - entries never move; a slot that was given up is filled again only after a grace period, so a reader
///   that has matched a key can't be handed the value of another;
/// - growth builds a new array and publishes its pointer; the old one is freed after a grace period.
///
/// Buckets that are full chain to overflow buckets, each used by one home bucket only. With random seeds
/// and at most Bucket::mean_load entries a bucket, chains of two are common, of three rare (under 1 in 300);
/// when the pool of overflow buckets is used up the array is rebuilt with a new seed, twice the size if
/// it is more than half full.
template <typename Bucket>
class rcu_hash_table {
public:
    using key_type = typename Bucket::key_type;
    using value_type = typename Bucket::value_type;
    using array_type = bucket_array<Bucket>;

    explicit rcu_hash_table(rcu_domain& rcu)
        : _rcu(rcu),
          _array(std::make_shared<array_type>(array_type::smallest_log2, hash_seed::random())),
          _published(_array.get()) {}
    rcu_hash_table(const rcu_hash_table&) = delete;
    rcu_hash_table& operator=(const rcu_hash_table&) = delete;

    /// Any reader between two quiescent reports, and the writer.
    std::optional<value_type> find(const key_type& key) const {
        const array_type& in = array();
        const Bucket* bucket = &in.home(key);
        do {
            if (auto value = bucket->find(key)) return value;
            bucket = in.next(*bucket);
        } while (bucket != nullptr);
        return std::nullopt;
    }

    // Writer side; none of these waits for readers. Throw std::bad_alloc when memory is exhausted, with the
    // table unchanged.

    /// Inserts or changes; returns the former value if there was one.
    std::optional<value_type> upsert(const key_type& key, value_type value);
    /// Returns the value that was removed, or nothing if the key was absent.
    std::optional<value_type> erase(const key_type& key);
    /// Makes room for `entries` in all, so that a large load grows once.
    void reserve(std::size_t entries) {
        if (entries > _array->entry_limit()) rebuild(array_type::log2_for(entries));
    }
    std::size_t size() const { return _size; }
    /// What the table occupies, without arrays that wait to be freed.
    std::size_t memory_bytes() const { return _array->memory_bytes(); }
    /// Calls `visit(key, value)` for all entries in no particular order; the table must not change meanwhile.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::uint32_t index = 0; index < _array->end_index(); ++index)
            for (unsigned slot = 0; slot < Bucket::slots; ++slot)
                if (const auto entry = _array->at(index).entry(slot)) visit(entry->first, entry->second);
    }

protected:
    const array_type& array() const { return *_published.load(std::memory_order_acquire); }

private:
    /// A slot given up, or (slot == whole_bucket) an overflow bucket taken out of its chain.
    struct waiting {
        std::uint64_t token;
        std::uint32_t home;
        std::uint32_t bucket;
        unsigned slot;
    };
    static constexpr unsigned whole_bucket = Bucket::slots;
    /// Asking for the state of the readers touches their cache lines: not at every change.
    static constexpr std::size_t lazy_release = 64;

    static bool place(array_type& in, const key_type& key, value_type value);
    void rebuild(unsigned log2);
    void release_passed();
    void release(const waiting& done);
    void unlink(std::uint32_t home, std::uint32_t overflow);

    rcu_domain& _rcu;
    std::shared_ptr<array_type> _array;
    std::atomic<const array_type*> _published;
    std::size_t _size = 0;
    std::deque<waiting> _waiting;
};

template <typename Bucket>
std::optional<typename Bucket::value_type> rcu_hash_table<Bucket>::upsert(const key_type& key,
                                                                          value_type value) {
    for (std::uint32_t index = _array->home_index(key);;) {
        Bucket& bucket = _array->at(index);
        if (const int slot = bucket.slot_of(key); slot >= 0) {
            const value_type former = bucket.entry(static_cast<unsigned>(slot))->second;
            bucket.update(static_cast<unsigned>(slot), value);
            return former;
        }
        index = array_type::next_index(bucket);
        if (index == 0) break;
    }
    if (_waiting.size() >= lazy_release) release_passed();
    if (_size >= _array->entry_limit() && _array->log2() < array_type::largest_log2)
        rebuild(_array->log2() + 1);
    while (!place(*_array, key, value)) rebuild(_array->log2() + (_size > _array->entry_limit() / 2 ? 1 : 0));
    ++_size;
    return std::nullopt;
}

template <typename Bucket>
std::optional<typename Bucket::value_type> rcu_hash_table<Bucket>::erase(const key_type& key) {
    const std::uint32_t home = _array->home_index(key);
    for (std::uint32_t index = home;;) {
        Bucket& bucket = _array->at(index);
        if (const int found = bucket.slot_of(key); found >= 0) {
            const auto slot = static_cast<unsigned>(found);
            const value_type former = bucket.entry(slot)->second;
            bucket.withdraw(slot);
            --_size;
            _waiting.push_back({_rcu.start_grace_period(), home, index, slot});
            if (_waiting.size() >= lazy_release) release_passed();
            return former;
        }
        index = array_type::next_index(bucket);
        if (index == 0) return std::nullopt;
    }
}

/// False if that takes an overflow bucket and there is none.
template <typename Bucket>
bool rcu_hash_table<Bucket>::place(array_type& in, const key_type& key, value_type value) {
    Bucket* bucket = &in.at(in.home_index(key));
    for (;;) {
        const auto slot = static_cast<unsigned>(std::countr_one(array_type::busy(*bucket)));
        if (slot < Bucket::slots) {
            array_type::set_busy(*bucket, slot, true);
            bucket->publish(slot, key, value);
            return true;
        }
        const std::uint32_t next = array_type::next_index(*bucket);
        if (next == 0) break;
        bucket = &in.at(next);
    }
    const std::uint32_t added = in.take_overflow();
    if (added == 0) return false;
    array_type::set_busy(in.at(added), 0, true);
    in.at(added).publish(0, key, value);
    array_type::set_next(*bucket, added);
    return true;
}

template <typename Bucket>
void rcu_hash_table<Bucket>::rebuild(unsigned log2) {
    for (;; ++log2) {
        if (log2 > array_type::largest_log2) throw std::bad_alloc();
        auto built = std::make_shared<array_type>(log2, hash_seed::random());
        bool complete = true;
        for_each(
            [&](const key_type& key, value_type value) { complete = complete && place(*built, key, value); });
        if (!complete) continue;
        _published.store(built.get(), std::memory_order_release);
        _rcu.retire([old = std::move(_array)]() mutable { old.reset(); });
        _array = std::move(built);
        _waiting.clear();
        return;
    }
}

template <typename Bucket>
void rcu_hash_table<Bucket>::release_passed() {
    while (!_waiting.empty() && _rcu.is_over(_waiting.front().token)) {
        const waiting done = _waiting.front();
        _waiting.pop_front();
        release(done);
    }
}

template <typename Bucket>
void rcu_hash_table<Bucket>::release(const waiting& done) {
    if (done.slot == whole_bucket) {
        _array->return_overflow(done.bucket);
        return;
    }
    Bucket& bucket = _array->at(done.bucket);
    array_type::set_busy(bucket, done.slot, false);
    if (!_array->is_home(done.bucket) && array_type::busy(bucket) == 0) unlink(done.home, done.bucket);
}

/// Takes an empty overflow bucket out of its chain. A reader inside still finds the rest of the chain.
template <typename Bucket>
void rcu_hash_table<Bucket>::unlink(std::uint32_t home, std::uint32_t overflow) {
    Bucket* before = &_array->at(home);
    while (array_type::next_index(*before) != overflow) before = &_array->at(array_type::next_index(*before));
    array_type::set_next(*before, array_type::next_index(_array->at(overflow)));
    _waiting.push_back({_rcu.start_grace_period(), home, overflow, whole_bucket});
}

}  // namespace waggle
