#include "dataplane/table/hash_seed.hh"

#include <random>

namespace waggle {

hash_seed hash_seed::random() {
    std::random_device device;
    auto word = [&device] { return std::uint64_t{device()} << 32 | device(); };
    return {.salt = word(), .second_salt = word(), .first_factor = word() | 1, .last_factor = word() | 1};
}

}  // namespace waggle
