#pragma once

#include <cstdint>
#include <string>

/// Numbers as people read them.
namespace waggle::cli {

/// "4s", "3m 4s", "2h 3m", "1d 2h".
std::string duration_text(std::uint64_t seconds);
/// 1024-based: "512 B", "1.5 KiB", "2.0 GiB".
std::string bytes_text(std::uint64_t bytes);
/// "0/s", "12.5/s", "1.2k/s", "3.4M/s".
std::string rate_text(double per_second);

}  // namespace waggle::cli
