#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace waggle {

/// Finds things that stand elsewhere by their hash, and holds a reference to each: a pointer or a number.
/// Several may have one hash, and one thing may stand in several indices. Open addressing with linear
/// probing, filled to between 3/5 and 4/5: 5 to 7 bytes a thing for the hash, and the reference at the same
/// rate.
template <typename Reference>
class hash_index {
public:
    hash_index() = default;
    hash_index(const hash_index&) = default;
    hash_index& operator=(const hash_index&) = default;
    /// The other one is empty afterwards.
    hash_index(hash_index&& other) noexcept
        : _marks(std::move(other._marks)),
          _references(std::move(other._references)),
          _size(std::exchange(other._size, 0)) {}
    hash_index& operator=(hash_index&& other) noexcept {
        _marks = std::move(other._marks);
        _references = std::move(other._references);
        _size = std::exchange(other._size, 0);
        return *this;
    }

    /// The first reference of this hash that is `wanted(reference)`; null if there is none. Valid until the
    /// index changes.
    template <typename Predicate>
    const Reference* find(std::size_t hash, Predicate&& wanted) const {
        if (_size == 0) return nullptr;
        const std::uint32_t mark = mark_of(hash);
        for (std::size_t at = home_of(mark); _marks[at] != vacant; at = after(at))
            if (_marks[at] == mark && wanted(_references[at])) return &_references[at];
        return nullptr;
    }
    /// Precondition: it is not in here.
    void insert(std::size_t hash, Reference reference) {
        if (is_full(_size + 1, _marks.size())) resize(_marks.size() + _marks.size() / 3 + smallest);
        put(mark_of(hash), reference);
        ++_size;
    }
    /// Precondition: it is in here, with this hash.
    void erase(std::size_t hash, Reference reference) {
        const std::uint32_t mark = mark_of(hash);
        std::size_t gap = home_of(mark);
        while (_marks[gap] != mark || _references[gap] != reference) gap = after(gap);
        // What follows without a gap moves up, unless that would bring it before its home.
        for (std::size_t at = after(gap); _marks[at] != vacant; at = after(at)) {
            if (distance(home_of(_marks[at]), at) < distance(gap, at)) continue;
            _marks[gap] = _marks[at];
            _references[gap] = _references[at];
            gap = at;
        }
        _marks[gap] = vacant;
        --_size;
        if (_marks.size() > 4 * smallest && _size < _marks.size() / 4) resize(room_for(_size));
    }

    /// In an order that follows from what was done.
    template <typename Function>
    void for_each(Function&& function) const {
        for (std::size_t i = 0; i < _marks.size(); ++i)
            if (_marks[i] != vacant) function(_references[i]);
    }

    void reserve(std::size_t size) {
        if (is_full(size, _marks.size())) resize(room_for(size));
    }
    void clear() { *this = {}; }
    std::size_t size() const { return _size; }
    /// Bytes.
    std::size_t memory() const {
        constexpr std::size_t reference =
            sizeof(Reference);  // NOLINT(bugprone-sizeof-expression): may be a pointer
        return _marks.size() * (sizeof(std::uint32_t) + reference);
    }

private:
    static constexpr std::size_t smallest = 8;
    static constexpr std::uint32_t vacant = 0;

    static bool is_full(std::size_t size, std::size_t places) { return size * 5 > places * 4; }
    static std::size_t room_for(std::size_t size) { return size + size / 2 + smallest; }
    static std::uint32_t mark_of(std::size_t hash) {
        std::uint64_t mixed = (hash ^ hash >> 32) * 0x9e37'79b9'7f4a'7c15U;
        mixed = (mixed ^ mixed >> 29) * 0xbf58'476d'1ce4'e5b9U;
        return static_cast<std::uint32_t>(mixed >> 32) | 1;
    }
    std::size_t home_of(std::uint32_t mark) const { return std::uint64_t{mark} * _marks.size() >> 32; }
    std::size_t after(std::size_t at) const { return at + 1 == _marks.size() ? 0 : at + 1; }
    std::size_t distance(std::size_t from, std::size_t to) const {
        return to >= from ? to - from : to + _marks.size() - from;
    }
    void put(std::uint32_t mark, Reference reference) {
        std::size_t at = home_of(mark);
        while (_marks[at] != vacant) at = after(at);
        _marks[at] = mark;
        _references[at] = reference;
    }
    void resize(std::size_t places) {
        hash_index made;
        made._marks.resize(places, vacant);
        made._references.resize(places);
        for (std::size_t i = 0; i < _marks.size(); ++i)
            if (_marks[i] != vacant) made.put(_marks[i], _references[i]);
        made._size = _size;
        *this = std::move(made);
    }

    /// Part of each hash, which tells the home too; 0 where nothing stands.
    std::vector<std::uint32_t> _marks;
    std::vector<Reference> _references;
    std::size_t _size = 0;
};

}  // namespace waggle
