#pragma once

#include <cstddef>
#include <string>

#include "common/result.hh"

namespace waggle::control {

/// Makes a directory and its parents, mode 0700; one that is there already is fine.
result<void> make_directory(const std::string& path);
/// The whole content; a file of more than `largest` bytes is refused.
result<std::string> read_file(const std::string& path, std::size_t largest = std::size_t{1} << 20);
/// Replaces a file's content, mode 0600. After success it is on the disk; after a failure or a crash the file
/// is as before or as wanted, never in between.
result<void> write_durably(const std::string& path, const std::string& content);
/// Removes a file; after success it stays removed. A file that is not there is no error.
result<void> remove_durably(const std::string& path);

}  // namespace waggle::control
