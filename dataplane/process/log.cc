#include "dataplane/process/log.hh"

#include <cstdint>
#include <cstdio>

#include <rte_log.h>

namespace waggle {
namespace {

int log_type() {
    static const int type = rte_log_register_type_and_pick_level("waggle", RTE_LOG_INFO);
    return type;
}

void write_line(std::uint32_t level, const std::string& text) {
    rte_log(level, static_cast<std::uint32_t>(log_type()), "waggle: %s\n", text.c_str());
}

}  // namespace

void log_error(const std::string& text) {
    write_line(RTE_LOG_ERR, text);
}

void log_warning(const std::string& text) {
    write_line(RTE_LOG_WARNING, text);
}

void log_info(const std::string& text) {
    write_line(RTE_LOG_INFO, text);
}

void set_log_level(const std::string& level) {
    // Neither syslog nor time stamps: the service manager adds its own.
    rte_openlog_stream(stderr);
    std::uint32_t own = RTE_LOG_INFO;
    if (level == "error") own = RTE_LOG_ERR;
    if (level == "warning") own = RTE_LOG_WARNING;
    if (level == "debug") own = RTE_LOG_DEBUG;
    rte_log_set_global_level(RTE_LOG_DEBUG);
    rte_log_set_level(static_cast<std::uint32_t>(log_type()), own);
}

std::string library_log_level(const std::string& level) {
    return level == "debug" ? "info" : "error";
}

}  // namespace waggle
