#include "control/cli/join_request.hh"

#include <algorithm>
#include <array>
#include <istream>
#include <string>
#include <vector>

#include "common/ip_address.hh"
#include "common/secret.hh"
#include "config/private_file.hh"
#include "control/cli/command.hh"

namespace waggle::cli {

namespace {

namespace po = boost::program_options;
using nlohmann::json;

constexpr const char* manager_port = ":2377";
constexpr std::size_t longest_token = 4096;

std::string only_word(std::string_view text) {
    constexpr const char* blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

result<std::string> read_token(const po::variables_map& options, std::istream& input) {
    const bool given = options.contains("token");
    if (given == options.contains("token-file"))
        return error{given
                         ? "--token and --token-file exclude each other"
                         : "one of --token and --token-file is needed; 'docker swarm join-token worker' on a "
                           "manager prints the token"};
    if (given) return text_of(options, "token");
    const std::string path = text_of(options, "token-file");
    if (path != "-") {
        const auto text = config::read_private_file(path);
        if (!text) return text.failure();
        return only_word(text->view());
    }
    std::array<char, longest_token> text{};
    input.read(text.data(), text.size());
    std::string token = only_word({text.data(), static_cast<std::size_t>(input.gcount())});
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return token;
}

std::string with_port(const std::string& manager) {
    const auto ip = ip_address::parse(manager);
    if (ip && ip->is_v6()) return "[" + manager + "]" + manager_port;
    if (manager.ends_with("]") || manager.find(':') == std::string::npos) return manager + manager_port;
    return manager;
}

}  // namespace

const std::string_view join_explanation =
    "Any manager of the swarm does; more of them help if one is away. Example:\n"
    "  docker swarm join-token -q worker     (on a manager)\n"
    "  waggle join --token-file - 192.0.2.10:2377\n"
    "The identity is kept over restarts until 'waggle leave'. Exit status 3 if this host can't join, 1 if it "
    "has\n"
    "joined but found no manager for a session yet.\n";

void describe_patience(po::options_description& options) {
    options.add_options()("wait", po::value<unsigned>()->default_value(30)->value_name("SECONDS"),
                          "how long to wait for the outcome");
}

void describe_join(po::options_description& options) {
    options.add_options()("token", po::value<std::string>()->value_name("TOKEN"),
                          "the join token; other users of this host can see it in the list of processes")(
        "token-file", po::value<std::string>()->value_name("FILE"),
        "a file with the token that nobody else may read, or - for the standard input");
    describe_patience(options);
}

result<json> join_request(const po::variables_map& options, std::istream& input) {
    auto token = read_token(options, input);
    if (!token) return token.failure();
    if (!token->starts_with("SWMTKN-"))
        return error{
            "this is no join token: one begins with SWMTKN-; 'docker swarm join-token worker' on a "
            "manager prints it"};
    json request{{"token", *token}, {"managers", json::array()}};
    wipe(*token);
    for (const std::string& each : options["MANAGER"].as<std::vector<std::string>>())
        request["managers"].push_back(with_port(each));
    return request;
}

}  // namespace waggle::cli
