#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_jhash.h>

#include "bench/harness.hh"
#include "bench/table_keys.hh"
#include "dataplane/table/forwarding_table.hh"
#include "dataplane/table/member_table.hh"

namespace waggle::bench {
namespace {

constexpr unsigned burst = 64;
/// Bursts of one call: long enough to hide it.
constexpr unsigned bursts = 32;

struct forwarding_subject {
    rcu_domain rcu{1};
    forwarding_table table{rcu};
    fast_random random{1};
};

std::shared_ptr<forwarding_subject> make_forwarding(std::uint32_t entries) {
    auto subject = std::make_shared<forwarding_subject>();
    for (std::uint32_t i = 0; i < entries; ++i)
        subject->table.upsert(key_number(i), forwarding_value::remote(static_cast<vtep_index>(i)));
    return subject;
}

measured table_lookup(std::uint32_t entries) {
    auto subject = make_forwarding(entries);
    return {.run = [subject, entries] {
        std::array<forwarding_key, burst> keys;
        std::array<forwarding_value, burst> found;
        for (unsigned b = 0; b < bursts; ++b) {
            for (auto& key : keys) key = key_number(subject->random.below(entries));
            subject->table.find(keys.data(), burst, found.data());
            keep(found);
        }
        return std::uint64_t{burst} * bursts;
    }};
}

measured table_lookup_single(std::uint32_t entries) {
    auto subject = make_forwarding(entries);
    return {.run = [subject, entries] {
        for (unsigned i = 0; i < burst * bursts; ++i)
            keep(subject->table.find(key_number(subject->random.below(entries))));
        return std::uint64_t{burst} * bursts;
    }};
}

measured rte_hash_lookup(std::uint32_t entries) {
    need_eal();
    static unsigned serial = 0;
    const std::string name = "bench" + std::to_string(serial++);
    rte_hash_parameters parameters{};
    parameters.name = name.c_str();
    parameters.entries = entries * 2;
    parameters.key_len = sizeof(std::uint64_t);
    parameters.hash_func = rte_hash_crc;
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    std::shared_ptr<rte_hash> hash(rte_hash_create(&parameters), rte_hash_free);
    if (!hash) throw std::runtime_error("rte_hash: " + std::string(rte_strerror(rte_errno)));
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::uint64_t key = key_number(i).raw();
        if (rte_hash_add_key_data(hash.get(), &key, reinterpret_cast<void*>(std::uintptr_t{i} + 1)) != 0)
            throw std::runtime_error("rte_hash is full");
    }
    auto random = std::make_shared<fast_random>(1);
    return {.run = [hash, random, entries] {
        std::array<std::uint64_t, burst> keys;
        std::array<const void*, burst> pointers;
        std::array<void*, burst> found;
        for (unsigned b = 0; b < bursts; ++b) {
            for (unsigned i = 0; i < burst; ++i) {
                keys[i] = key_number(random->below(entries)).raw();
                pointers[i] = &keys[i];
            }
            std::uint64_t hits = 0;
            rte_hash_lookup_bulk_data(hash.get(), pointers.data(), burst, &hits, found.data());
            keep(hits);
            keep(found);
        }
        return std::uint64_t{burst} * bursts;
    }};
}

/// The making of random keys alone, a part of all lookups here.
measured key_making(std::uint32_t entries) {
    auto random = std::make_shared<fast_random>(1);
    return {.run = [random, entries] {
        std::array<forwarding_key, burst> keys;
        for (unsigned b = 0; b < bursts; ++b) {
            for (auto& key : keys) key = key_number(random->below(entries));
            keep(keys);
        }
        return std::uint64_t{burst} * bursts;
    }};
}

measured member_lookup(std::uint32_t entries) {
    struct member_subject {
        rcu_domain rcu{1};
        member_table table{rcu};
        fast_random random{1};
    };
    auto subject = std::make_shared<member_subject>();
    for (std::uint32_t i = 0; i < entries; ++i)
        subject->table.upsert(1, ip_address::from_v4(0x0a00'0000 + i), static_cast<vtep_index>(i));
    return {.run = [subject, entries] {
        for (unsigned i = 0; i < burst * bursts; ++i)
            keep(subject->table.find(1, ip_address::from_v4(0x0a00'0000 + subject->random.below(entries))));
        return std::uint64_t{burst} * bursts;
    }};
}

measured table_memory(std::uint32_t entries) {
    auto subject = make_forwarding(entries);
    return {.report = [subject, entries] {
        return std::map<std::string, double>{
            {"bytes_per_entry", static_cast<double>(subject->table.memory_bytes()) / entries}};
    }};
}

const registration lookups([] {
    for (const std::uint32_t entries : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
        const std::string size = "/" + std::to_string(entries);
        add_group({
            {.name = "table_lookup" + size,
             .make = [entries] { return table_lookup(entries); },
             .baseline = "rte_hash_lookup" + size},
            {.name = "rte_hash_lookup" + size, .make = [entries] { return rte_hash_lookup(entries); }},
            {.name = "table_lookup_single" + size,
             .make = [entries] { return table_lookup_single(entries); }},
            {.name = "table_lookup_keys" + size, .make = [entries] { return key_making(entries); }},
        });
    }
    for (const std::uint32_t entries : {10U, 1'000U, 100'000U}) {
        add_group({{.name = "member_lookup/" + std::to_string(entries),
                    .make = [entries] { return member_lookup(entries); }}});
    }
    // The last one has just grown: the most that an entry takes.
    for (const std::uint32_t entries : {1'000U, 10'000U, 100'000U, 1'000'000U, 1'048'577U})
        add_group({{.name = "table_memory/" + std::to_string(entries),
                    .make = [entries] { return table_memory(entries); }}});
});

}  // namespace
}  // namespace waggle::bench
