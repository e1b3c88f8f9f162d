#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/esp_suites.hh"
#include "bench/harness.hh"

/// Contenders to put into a group beside one's own; all handle frames of `frame_length`.
namespace waggle::bench {

/// The cipher alone on texts as ESP makes them: "bare_seal/SUITE/LENGTH", "bare_open/SUITE/LENGTH".
contender bare_seal(const esp_suite& suite, std::size_t frame_length);
contender bare_open(const esp_suite& suite, std::size_t frame_length);

/// esp::seal() and esp::open() alone, one SA: "esp_seal/...", "esp_open/...", compared with the bare ones.
contender esp_seal(const esp_suite& suite, std::size_t frame_length);
contender esp_open(const esp_suite& suite, std::size_t frame_length);

/// The whole way of a packet: "seal_encapsulate/...", "open_decapsulate/...", and the same with
/// "_with_source", compared with the bare ones.
std::vector<contender> seal_encapsulate(const esp_suite& suite, std::size_t frame_length);
std::vector<contender> open_decapsulate(const esp_suite& suite, std::size_t frame_length);

/// librte_ipsec: "rte_ipsec_seal/...", "rte_ipsec_open/..."; without what comes before and after ESP.
contender rte_ipsec_seal(const esp_suite& suite, std::size_t frame_length, std::string baseline);
contender rte_ipsec_open(const esp_suite& suite, std::size_t frame_length, std::string baseline);

}  // namespace waggle::bench
