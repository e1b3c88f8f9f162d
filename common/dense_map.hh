#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>

#include "common/hash_index.hh"
#include "common/slot_blocks.hh"

namespace waggle {

/// As std::unordered_map, for many small things: a thing costs its size and 10 to 14 bytes, without
/// allocations of its own. Things never move, so that pointers and iterators to one stay valid until it is
/// erased; a walk over changes meets everything that stays exactly once.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class dense_map {
public:
    using key_type = Key;
    using mapped_type = Value;
    using value_type = std::pair<const Key, Value>;

    template <bool Constant>
    class basic_iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = dense_map::value_type;
        using difference_type = std::ptrdiff_t;
        using reference = std::conditional_t<Constant, const value_type&, value_type&>;
        using pointer = std::conditional_t<Constant, const value_type*, value_type*>;

        basic_iterator() = default;
        operator basic_iterator<true>() const requires(!Constant) { return {_in, _at}; }
        reference operator*() const { return (*_in)[_at]; }
        pointer operator->() const { return &(*_in)[_at]; }
        basic_iterator& operator++() {
            _at = _in->next(_at + 1);
            return *this;
        }
        basic_iterator operator++(int) {
            basic_iterator former = *this;
            ++*this;
            return former;
        }
        bool operator==(const basic_iterator& other) const { return _at == other._at; }

    private:
        friend class dense_map;
        friend class basic_iterator<false>;
        using blocks = std::conditional_t<Constant, const slot_blocks<value_type>, slot_blocks<value_type>>;
        basic_iterator(blocks* in, std::uint32_t at) : _in(in), _at(at) {}
        blocks* _in = nullptr;
        std::uint32_t _at = slot_blocks<value_type>::none;
    };
    using iterator = basic_iterator<false>;
    using const_iterator = basic_iterator<true>;

    iterator begin() { return {&_slots, _slots.next(0)}; }
    iterator end() { return {&_slots, slots::none}; }
    const_iterator begin() const { return {&_slots, _slots.next(0)}; }
    const_iterator end() const { return {&_slots, slots::none}; }
    std::size_t size() const { return _slots.size(); }
    bool empty() const { return size() == 0; }

    /// By the key, or by something else that `Hash` takes and that compares with keys.
    template <typename Other = Key>
    iterator find(const Other& key) {
        return {&_slots, number_of(key)};
    }
    template <typename Other = Key>
    const_iterator find(const Other& key) const {
        return {&_slots, number_of(key)};
    }
    bool contains(const Key& key) const { return number_of(key) != slots::none; }
    /// Precondition: there is a thing of this key.
    const Value& at(const Key& key) const { return _slots[number_of(key)].second; }

    template <typename... Arguments>
    std::pair<iterator, bool> try_emplace(const Key& key, Arguments&&... arguments) {
        if (const std::uint32_t known = number_of(key); known != slots::none)
            return {{&_slots, known}, false};
        const std::uint32_t made =
            _slots.emplace(std::piecewise_construct, std::forward_as_tuple(key),
                           std::forward_as_tuple(std::forward<Arguments>(arguments)...));
        _index.insert(Hash{}(key), made);
        return {{&_slots, made}, true};
    }
    template <typename Argument>
    std::pair<iterator, bool> emplace(const Key& key, Argument&& value) {
        return try_emplace(key, std::forward<Argument>(value));
    }
    template <typename Argument>
    std::pair<iterator, bool> insert_or_assign(const Key& key, Argument&& value) {
        auto done = try_emplace(key, std::forward<Argument>(value));
        // A value that was not needed was not moved from.
        if (!done.second) done.first->second = std::forward<Argument>(value);
        return done;
    }
    Value& operator[](const Key& key) { return try_emplace(key).first->second; }

    void erase(const_iterator one) { drop(one._at); }
    std::size_t erase(const Key& key) {
        const std::uint32_t known = number_of(key);
        if (known == slots::none) return 0;
        drop(known);
        return 1;
    }
    void reserve(std::size_t size) { _index.reserve(size); }
    void clear() {
        _slots.clear();
        _index.clear();
    }

    /// For a walk in steps: a bucket holds one thing at most, and keeps it.
    std::size_t bucket_count() const { return _slots.limit(); }
    const_iterator begin(std::size_t bucket) const {
        const auto number = static_cast<std::uint32_t>(bucket);
        return {&_slots, _slots.contains(number) ? number : _slots.next(number + 1)};
    }
    const_iterator end(std::size_t bucket) const {
        return {&_slots, _slots.next(static_cast<std::uint32_t>(bucket) + 1)};
    }

    friend bool operator==(const dense_map& a, const dense_map& b) {
        if (a.size() != b.size()) return false;
        for (const auto& [key, value] : a) {
            const auto found = b.find(key);
            if (found == b.end() || !(found->second == value)) return false;
        }
        return true;
    }
    /// Erases what the predicate holds for.
    template <typename Predicate>
    friend std::size_t erase_if(dense_map& from, Predicate&& predicate) {
        const std::size_t before = from.size();
        for (auto at = from.begin(); at != from.end();) {
            const auto here = at++;
            if (predicate(std::as_const(*here))) from.erase(here);
        }
        return before - from.size();
    }

private:
    using slots = slot_blocks<value_type>;

    template <typename Other>
    std::uint32_t number_of(const Other& key) const {
        const std::uint32_t* found =
            _index.find(Hash{}(key), [&](std::uint32_t number) { return _slots[number].first == key; });
        return found != nullptr ? *found : slots::none;
    }
    void drop(std::uint32_t number) {
        _index.erase(Hash{}(_slots[number].first), number);
        _slots.erase(number);
    }

    slots _slots;
    hash_index<std::uint32_t> _index;
};

}  // namespace waggle
