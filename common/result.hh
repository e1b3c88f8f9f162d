#pragma once

#include <string>
#include <utility>
#include <variant>

namespace waggle {

/// A failure as one readable sentence; each level that knows more puts its context in front.
struct error {
    std::string message;
};

/// A value or an error. Used on the control path only; the data path has verdicts and counters.
template <typename T>
class [[nodiscard]] result {
public:
    result(T value) : _state(std::in_place_index<0>, std::move(value)) {}
    result(error failure) : _state(std::in_place_index<1>, std::move(failure)) {}

    bool ok() const { return _state.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& operator*() & { return std::get<0>(_state); }
    const T& operator*() const& { return std::get<0>(_state); }
    T&& operator*() && { return std::get<0>(std::move(_state)); }
    T* operator->() { return &std::get<0>(_state); }
    const T* operator->() const { return &std::get<0>(_state); }

    /// Only valid when !ok().
    const error& failure() const { return std::get<1>(_state); }

    /// The same failure as "what: message"; a value passes unchanged.
    result<T> context(const std::string& what) && {
        if (ok()) return std::move(*this);
        return error{what + ": " + failure().message};
    }

private:
    std::variant<T, error> _state;
};

template <>
class [[nodiscard]] result<void> {
public:
    result() = default;
    result(error failure) : _failed(true), _error(std::move(failure)) {}

    bool ok() const { return !_failed; }
    explicit operator bool() const { return ok(); }
    const error& failure() const { return _error; }

    result<void> context(const std::string& what) && {
        if (ok()) return {};
        return error{what + ": " + _error.message};
    }

private:
    bool _failed = false;
    error _error;
};

}  // namespace waggle
