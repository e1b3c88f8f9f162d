#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/result.hh"

namespace waggle::config {

/// Text that is wiped from memory when it goes.
class private_text {
public:
    explicit private_text(std::string text) : _text(std::move(text)) {}
    ~private_text();
    private_text(private_text&& other) noexcept;
    private_text& operator=(private_text&&) = delete;

    std::string_view view() const { return _text; }

private:
    std::string _text;
};

/// The content of a file that holds a secret, at most 8192 bytes. Refused, with what to do about it, if
/// anyone but its owner may use it or the owner is neither root nor the user of this process.
result<private_text> read_private_file(const std::string& path);

}  // namespace waggle::config
