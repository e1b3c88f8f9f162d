#pragma once

#include <cstdint>

namespace waggle {

__extension__ typedef unsigned __int128 uint128;

/// Random numbers of one table's hash, so that nobody who chooses MACs or addresses can choose collisions.
///
/// The last step, a multiplication by a random odd number of which the highest bits are used, is
/// universal: two different inputs share one of n buckets with a probability of at most 2/n over the seeds.
/// The first step takes the regularity out of real keys (02:42 and an address that counts up).
struct hash_seed {
    std::uint64_t salt = 0;
    std::uint64_t second_salt = 0;
    std::uint64_t first_factor = 1;
    std::uint64_t last_factor = 1;

    /// Fresh numbers from the kernel.
    static hash_seed random();

    /// The highest bits of the result are the good ones.
    std::uint64_t hash(std::uint64_t key) const {
        const std::uint64_t mixed = (key ^ salt) * first_factor;
        return (mixed ^ mixed >> 32) * last_factor;
    }
    std::uint64_t hash(std::uint64_t low, std::uint64_t high, std::uint64_t extra) const {
        const auto product = static_cast<uint128>(low ^ salt) * (high ^ second_salt);
        const std::uint64_t folded =
            static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
        return (folded ^ extra * first_factor) * last_factor;
    }
};

}  // namespace waggle
