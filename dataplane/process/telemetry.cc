#include "dataplane/process/telemetry.hh"

#include <charconv>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rte_telemetry.h>
#include <rte_version.h>

#include "dataplane/api/counter_names.hh"
#include "dataplane/process/dataplane.hh"
#include "dataplane/process/main_lcore_calls.hh"
#include "dataplane/table/counter_values.hh"

namespace waggle {
namespace {

/// Commands can't be taken back: they must find out that the dataplane is gone.
struct shown_state {
    std::mutex mutex;
    dataplane* shown = nullptr;
    main_lcore_calls* calls = nullptr;
};

shown_state& current() {
    static shown_state state;
    return state;
}

using filler = void (*)(dataplane& shown, std::optional<std::uint32_t> only, rte_tel_data* data);

/// On telemetry's thread. `parameters`: what stands behind the command's comma, a VNI; null or empty: all.
int answer(const char* parameters, rte_tel_data* data, filler fill) {
    const std::lock_guard lock(current().mutex);
    rte_tel_data_start_dict(data);
    std::optional<std::uint32_t> only;
    if (const std::string_view text = parameters == nullptr ? "" : parameters; !text.empty()) {
        const auto [end, failed] = std::from_chars(text.begin(), text.end(), only.emplace());
        if (failed != std::errc() || end != text.end()) return -1;
    }
    dataplane* shown = current().shown;
    if (shown == nullptr) return -1;
    return current().calls->run([&] { fill(*shown, only, data); }) ? 0 : -1;
}

void add(rte_tel_data* data, const char* name, std::uint64_t value) {
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
    rte_tel_data_add_dict_uint(data, name, value);
#else
    rte_tel_data_add_dict_u64(data, name, value);
#endif
}

/// A dictionary in a dictionary (DPDK before 23.03 has none in arrays), 256 at most; null if there is no
/// room.
rte_tel_data* append_dictionary(rte_tel_data* to, const std::string& name) {
    rte_tel_data* added = rte_tel_data_alloc();
    if (added == nullptr) return nullptr;
    rte_tel_data_start_dict(added);
    if (rte_tel_data_add_dict_container(to, name.c_str(), added, 0) == 0) return added;
    rte_tel_data_free(added);
    return nullptr;
}

/// Counters that are not zero, summed over workers.
void append_counters(const table_writer& writer, overlay_index overlay, const std::string& name,
                     rte_tel_data* to) {
    rte_tel_data* data = append_dictionary(to, name);
    if (data == nullptr) return;
    std::vector<counter_values> values;
    for (unsigned i = 0; i < writer.workers(); ++i) values.push_back(writer.counters(overlay, i));
    for (std::size_t counter = 0; counter < api::counter_count(); ++counter) {
        std::uint64_t sum = 0;
        for (const counter_values& of_worker : values) sum += api::counter_value(of_worker, counter);
        if (sum != 0) add(data, std::string(api::counter_name(counter)).c_str(), sum);
    }
}

void fill_counters(dataplane& shown, std::optional<std::uint32_t> only, rte_tel_data* data) {
    if (!only) append_counters(shown.writer(), no_overlay, "none", data);
    shown.writer().for_each_overlay([&](overlay_index index, vni id, const overlay_settings&) {
        if (!only || id.value() == *only) append_counters(shown.writer(), index, id.to_string(), data);
    });
}

void fill_overlays(dataplane& shown, std::optional<std::uint32_t> only, rte_tel_data* data) {
    shown.writer().for_each_overlay([&](overlay_index, vni id, const overlay_settings& settings) {
        if (only && id.value() != *only) return;
        rte_tel_data* overlay = append_dictionary(data, id.to_string());
        if (overlay == nullptr) return;
        add(overlay, "mtu", settings.mtu);
        add(overlay, "flood", settings.flood ? 1 : 0);
    });
}

void fill_ports(dataplane& shown, std::optional<std::uint32_t>, rte_tel_data* data) {
    // Names of ports have characters that telemetry's may not have.
    unsigned number = 0;
    for (const api::port_report& report : shown.ports().list()) {
        rte_tel_data* port = append_dictionary(data, "port" + std::to_string(number++));
        if (port == nullptr) return;
        rte_tel_data_add_dict_string(port, "name", report.name.c_str());
        rte_tel_data_add_dict_string(port, "kind", report.kind.c_str());
        add(port, "up", report.up ? 1 : 0);
        add(port, "mtu", report.mtu);
        add(port, "received_packets", report.received_packets);
        add(port, "received_bytes", report.received_bytes);
        add(port, "sent_packets", report.sent_packets);
        add(port, "sent_bytes", report.sent_bytes);
        add(port, "receive_errors", report.receive_errors);
        add(port, "send_errors", report.send_errors);
        add(port, "joined_packets", report.joined_packets);
    }
}

int answer_counters(const char*, const char* parameters, rte_tel_data* data) {
    return answer(parameters, data, fill_counters);
}
int answer_overlays(const char*, const char* parameters, rte_tel_data* data) {
    return answer(parameters, data, fill_overlays);
}
int answer_ports(const char*, const char*, rte_tel_data* data) {
    return answer(nullptr, data, fill_ports);
}

}  // namespace

telemetry_commands::telemetry_commands(dataplane& shown, main_lcore_calls& calls) {
    {
        const std::lock_guard lock(current().mutex);
        current().shown = &shown;
        current().calls = &calls;
    }
    rte_telemetry_register_cmd("/waggle/counters", answer_counters,
                               "Counters that are not zero, by VNI. Parameter: one VNI");
    rte_telemetry_register_cmd("/waggle/overlays", answer_overlays, "Overlays by VNI. Parameter: one VNI");
    rte_telemetry_register_cmd("/waggle/ports", answer_ports, "Ports");
}

telemetry_commands::~telemetry_commands() {
    // A call that waits for the main lcore, which is here, gives up after its time limit.
    const std::lock_guard lock(current().mutex);
    current().shown = nullptr;
}

}  // namespace waggle
