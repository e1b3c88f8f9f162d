#pragma once

#include <string_view>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <nlohmann/json.hpp>

#include "common/result.hh"

namespace waggle::cli {

/// For `waggle attach --help`.
extern const std::string_view attach_explanation;
/// The options of `waggle attach`.
void describe_attach(boost::program_options::options_description& options);

/// The endpoint that the options tell of, as JSON with the keys of the YAML file. Only how the options go
/// together is checked here; the values are checked by control, as in a file.
result<nlohmann::json> attach_request(const boost::program_options::variables_map& options);

}  // namespace waggle::cli
