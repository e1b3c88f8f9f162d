#include "control/swarm/identity/join_token.hh"

#include <openssl/sha.h>
#include <optional>

namespace waggle::control::swarm {
namespace {

constexpr std::size_t digest_length = 50;
constexpr std::size_t secret_length = 25;

std::optional<unsigned> digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 10;
    return std::nullopt;
}

/// A number in base 36 as 32 bytes, big-endian; nothing if it is longer or not base 36.
std::optional<std::array<std::uint8_t, 32>> from_base36(std::string_view text) {
    std::array<std::uint8_t, 32> number{};
    for (const char c : text) {
        auto carry = digit(c);
        if (!carry) return std::nullopt;
        for (auto byte = number.rbegin(); byte != number.rend(); ++byte) {
            const unsigned sum = *byte * 36U + *carry;
            *byte = static_cast<std::uint8_t>(sum);
            carry = sum >> 8;
        }
        if (*carry != 0) return std::nullopt;
    }
    return number;
}

error malformed(const std::string& why) {
    return {"this is no join token (" + why +
            "): take the line that `docker swarm join-token worker` prints on a manager"};
}

}  // namespace

result<join_token> join_token::parse(std::string_view text) {
    constexpr std::string_view first = "SWMTKN-1-";
    constexpr std::string_view second = "SWMTKN-2-";
    join_token token;
    if (text.starts_with(first)) {
        text.remove_prefix(first.size());
    } else if (text.starts_with(second)) {
        text.remove_prefix(second.size());
        if (!text.starts_with("0-") && !text.starts_with("1-"))
            return malformed("its FIPS mark is neither 0 nor 1");
        token.fips_demanded = text.front() == '1';
        text.remove_prefix(2);
    } else {
        return malformed("it does not begin with SWMTKN-1- or SWMTKN-2-");
    }
    if (text.size() != digest_length + 1 + secret_length || text[digest_length] != '-')
        return malformed("its parts have other lengths");
    const auto digest = from_base36(text.substr(0, digest_length));
    if (!digest) return malformed("its digest is not base 36");
    for (const char c : text.substr(digest_length + 1))
        if (!digit(c)) return malformed("its secret is not base 36");
    if (token.fips_demanded)
        return error{"this swarm demands FIPS cryptography of its members, which Waggle has not: no join"};
    token.root_digest = *digest;
    return token;
}

bool join_token::pins(std::string_view root) const {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(root.data()), root.size(), digest.data());
    return digest == root_digest;
}

}  // namespace waggle::control::swarm
