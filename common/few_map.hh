#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "common/hash_index.hh"

namespace waggle {

/// A map to which things are only added, in the order in which they came: looked through while they are few,
/// as they are most of the time, and found by hash when they are many. Adding while walking by position is
/// fine.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class few_map {
public:
    using value_type = std::pair<Key, Value>;

    /// Null if there is none. Valid until something is added.
    Value* find(const Key& key) {
        const std::size_t at = position_of(key);
        return at == _things.size() ? nullptr : &_things[at].second;
    }
    const Value* find(const Key& key) const { return const_cast<few_map*>(this)->find(key); }
    bool contains(const Key& key) const { return find(key) != nullptr; }
    /// The value of the key, and whether it was added.
    template <typename... Arguments>
    std::pair<Value*, bool> try_emplace(const Key& key, Arguments&&... arguments) {
        if (Value* known = find(key)) return {known, false};
        _things.emplace_back(key, Value(std::forward<Arguments>(arguments)...));
        if (_things.size() > few) {
            for (std::size_t i = _index.size(); i < _things.size(); ++i)
                _index.insert(Hash{}(_things[i].first), static_cast<std::uint32_t>(i));
        }
        return {&_things.back().second, true};
    }

    value_type& operator[](std::size_t position) { return _things[position]; }
    auto begin() { return _things.begin(); }
    auto end() { return _things.end(); }
    auto begin() const { return _things.begin(); }
    auto end() const { return _things.end(); }
    std::size_t size() const { return _things.size(); }
    bool empty() const { return _things.empty(); }
    void clear() {
        _things.clear();
        _index.clear();
    }

private:
    static constexpr std::size_t few = 12;

    std::size_t position_of(const Key& key) const {
        if (_things.size() > few) {
            const std::uint32_t* found =
                _index.find(Hash{}(key), [&](std::uint32_t at) { return _things[at].first == key; });
            return found != nullptr ? *found : _things.size();
        }
        std::size_t at = 0;
        while (at < _things.size() && !(_things[at].first == key)) ++at;
        return at;
    }

    std::vector<value_type> _things;
    /// Of all, or of none while they are few.
    hash_index<std::uint32_t> _index;
};

}  // namespace waggle
