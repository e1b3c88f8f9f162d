#pragma once

#include <iosfwd>
#include <string_view>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <nlohmann/json.hpp>

#include "common/result.hh"

namespace waggle::cli {

extern const std::string_view join_explanation;
void describe_join(boost::program_options::options_description& options);
/// How long to wait for the outcome.
void describe_patience(boost::program_options::options_description& options);

/// What waggle-control is asked by the options of `join`. Reads the token from the file that they name, or
/// from `input`; managers without a port get 2377. The failure is one sentence, which never shows the token.
result<nlohmann::json> join_request(const boost::program_options::variables_map& options,
                                    std::istream& input);

}  // namespace waggle::cli
