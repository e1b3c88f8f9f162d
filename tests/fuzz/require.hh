#pragma once

#include <cstdlib>

namespace waggle {

/// What a fuzz program holds for true of every input: libFuzzer keeps the input that it does not hold for.
inline void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace waggle
