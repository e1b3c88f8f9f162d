#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include "common/result.hh"

namespace waggle::cli {

/// How a command ends.
enum exit_status : int {
    succeeded = 0,
    /// The answer is no: a bad file, a difference, a host that is not healthy.
    negative = 1,
    wrong_usage = 2,
    /// A process is not running, or refused.
    unavailable = 3,
};

/// What every command has to work with.
struct context {
    /// Where the processes have their sockets.
    std::string runtime_directory;
    /// For programs: one JSON document in place of text.
    bool json = false;
    /// Of the terminal, in characters.
    std::size_t width = 0;
    std::ostream& out;
    std::ostream& err;

    std::string control_socket() const { return runtime_directory + "/control.sock"; }
    std::string dataplane_socket() const { return runtime_directory + "/dataplane.sock"; }
};

struct command {
    /// One word or two.
    std::string_view name;
    std::string_view summary;
    /// Names of the words that follow, all needed.
    std::vector<std::string_view> arguments;
    /// More for its --help; may be empty.
    std::string_view explanation;
    /// Adds its options; may be null.
    void (*describe)(boost::program_options::options_description& options);
    int (*run)(const context& with, const boost::program_options::variables_map& options);
    /// False if it works on files only, and needs no sockets.
    bool needs_host = true;
    /// The last of `arguments` may be given several times.
    bool repeats = false;
};

/// All commands in the order of --help.
const std::vector<command>& commands();

/// The value of an option or argument as text; "" if it is absent.
std::string text_of(const boost::program_options::variables_map& options, const std::string& name);

/// `failure` as "waggle: ..." on the error stream; `unavailable`.
int give_up(const context& with, const error& failure);

// The commands, a file each.
int show_status(const context& with, const boost::program_options::variables_map& options);
int show_overlays(const context& with, const boost::program_options::variables_map& options);
int show_endpoints(const context& with, const boost::program_options::variables_map& options);
int show_peers(const context& with, const boost::program_options::variables_map& options);
int show_gossip(const context& with, const boost::program_options::variables_map& options);
int show_networks(const context& with, const boost::program_options::variables_map& options);
int show_diff(const context& with, const boost::program_options::variables_map& options);
int show_fdb(const context& with, const boost::program_options::variables_map& options);
int show_neighbours(const context& with, const boost::program_options::variables_map& options);
int show_ports(const context& with, const boost::program_options::variables_map& options);
int show_counters(const context& with, const boost::program_options::variables_map& options);
int show_associations(const context& with, const boost::program_options::variables_map& options);
int rekey(const context& with, const boost::program_options::variables_map& options);
int show_announcement(const context& with, const boost::program_options::variables_map& options);
int accept_announcement(const context& with, const boost::program_options::variables_map& options);
int attach(const context& with, const boost::program_options::variables_map& options);
int detach(const context& with, const boost::program_options::variables_map& options);
int show_node(const context& with, const boost::program_options::variables_map& options);
int join(const context& with, const boost::program_options::variables_map& options);
int leave(const context& with, const boost::program_options::variables_map& options);
int reload(const context& with, const boost::program_options::variables_map& options);
int check_config(const context& with, const boost::program_options::variables_map& options);
int compare_configs(const context& with, const boost::program_options::variables_map& options);

}  // namespace waggle::cli
