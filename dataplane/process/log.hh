#pragma once

#include <string>

namespace waggle {

/// Lines of this process on standard error, through DPDK's log ("waggle: text"). Main lcore; never from a
/// worker's loop.
void log_error(const std::string& text);
void log_warning(const std::string& text);
void log_info(const std::string& text);

/// `level`: "error", "warning", "info" or "debug". To be called before EAL starts and again afterwards.
void set_log_level(const std::string& level);
/// What DPDK's own libraries may say then.
std::string library_log_level(const std::string& level);

}  // namespace waggle
