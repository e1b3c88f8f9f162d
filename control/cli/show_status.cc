#include <ostream>

#include "control/cli/command.hh"
#include "control/cli/control_client.hh"
#include "control/cli/report_items.hh"
#include "control/cli/status_text.hh"
#include "dataplane/api/reader_client.hh"

namespace waggle::cli {

namespace {

using nlohmann::json;

result<json> dataplane_status(const std::string& socket) {
    auto client = api::reader_client::connect(socket);
    if (!client) return client.failure();
    const auto status = client->status();
    if (!status) return status.failure();
    return status_object(*status);
}

}  // namespace

int show_status(const context& with, const boost::program_options::variables_map&) {
    const auto control = control_client(with.control_socket()).get("/v1/status");
    const auto dataplane = dataplane_status(with.dataplane_socket());
    const json none;
    const json& of_control = control ? *control : none;
    const json& of_dataplane = dataplane ? *dataplane : none;
    if (with.json) {
        with.out << json{{"control", of_control}, {"dataplane", of_dataplane}}.dump() << "\n";
    } else if (control || dataplane) {
        with.out << status_text(of_control, of_dataplane, with.width);
    }
    if (!control) give_up(with, control.failure());
    if (!dataplane) give_up(with, dataplane.failure());
    if (!control || !dataplane) return unavailable;
    const auto healthy = of_control.find("healthy");
    return healthy != of_control.end() && *healthy == true ? succeeded : negative;
}

}  // namespace waggle::cli
