#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace waggle {

/// Things under numbers, which they keep, in blocks of 64, which never move: a thing costs its size and no
/// more. Numbers that were given up are given again. A block without things takes no memory.
template <typename Value>
class slot_blocks {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    slot_blocks() = default;
    ~slot_blocks() { clear(); }
    slot_blocks(const slot_blocks& other)
        : _blocks(other._blocks.size()), _open(other._open), _size(other._size) {
        for (std::size_t i = 0; i < _blocks.size(); ++i) {
            if (other._blocks[i].used == 0) continue;
            _blocks[i].storage = std::allocator<Value>().allocate(per_block);
            for (std::uint64_t left = other._blocks[i].used; left != 0; left &= left - 1) {
                const auto at = std::countr_zero(left);
                ::new (static_cast<void*>(_blocks[i].storage + at)) Value(other._blocks[i].storage[at]);
                _blocks[i].used |= std::uint64_t{1} << at;
            }
        }
    }
    slot_blocks(slot_blocks&& other) noexcept { swap(other); }
    slot_blocks& operator=(slot_blocks other) noexcept {
        swap(other);
        return *this;
    }
    void swap(slot_blocks& other) noexcept {
        _blocks.swap(other._blocks);
        _open.swap(other._open);
        std::swap(_size, other._size);
    }

    template <typename... Arguments>
    std::uint32_t emplace(Arguments&&... arguments) {
        if (_open.empty()) {
            _open.push_back(static_cast<std::uint32_t>(_blocks.size()));
            _blocks.emplace_back();
        }
        const std::uint32_t in = _open.back();
        block& to = _blocks[in];
        if (to.storage == nullptr) to.storage = std::allocator<Value>().allocate(per_block);
        const auto at = static_cast<std::uint32_t>(std::countr_one(to.used));
        ::new (static_cast<void*>(to.storage + at)) Value(std::forward<Arguments>(arguments)...);
        to.used |= std::uint64_t{1} << at;
        if (to.used == full) _open.pop_back();
        ++_size;
        return in * per_block + at;
    }
    /// Precondition: there is a thing of this number.
    void erase(std::uint32_t number) {
        block& from = _blocks[number / per_block];
        if (from.used == full) _open.push_back(number / per_block);
        from.used &= ~(std::uint64_t{1} << number % per_block);
        std::destroy_at(from.storage + number % per_block);
        if (from.used == 0) release(from);
        --_size;
    }
    /// Precondition: there is a thing of this number.
    Value& operator[](std::uint32_t number) {
        return _blocks[number / per_block].storage[number % per_block];
    }
    const Value& operator[](std::uint32_t number) const {
        return _blocks[number / per_block].storage[number % per_block];
    }
    bool contains(std::uint32_t number) const {
        return number / per_block < _blocks.size() &&
               (_blocks[number / per_block].used >> number % per_block & 1) != 0;
    }
    /// The first number from `number` on that is taken; none if there is no more.
    std::uint32_t next(std::uint32_t number) const {
        for (std::size_t in = number / per_block; in < _blocks.size(); ++in, number = 0) {
            const std::uint64_t left = _blocks[in].used >> number % per_block << number % per_block;
            if (left != 0)
                return static_cast<std::uint32_t>(in) * per_block +
                       static_cast<std::uint32_t>(std::countr_zero(left));
        }
        return none;
    }
    /// All numbers are smaller.
    std::uint32_t limit() const { return static_cast<std::uint32_t>(_blocks.size()) * per_block; }
    std::size_t size() const { return _size; }
    void clear() {
        for (block& each : _blocks) {
            for (std::uint64_t left = each.used; left != 0; left &= left - 1)
                std::destroy_at(each.storage + std::countr_zero(left));
            release(each);
        }
        _blocks.clear();
        _open.clear();
        _size = 0;
    }

private:
    static constexpr std::uint32_t per_block = 64;
    static constexpr std::uint64_t full = ~std::uint64_t{0};
    struct block {
        std::uint64_t used = 0;
        Value* storage = nullptr;
    };
    static void release(block& which) {
        if (which.storage != nullptr) std::allocator<Value>().deallocate(which.storage, per_block);
        which = {};
    }

    std::vector<block> _blocks;
    /// Those with room, the one to be filled next last.
    std::vector<std::uint32_t> _open;
    std::size_t _size = 0;
};

}  // namespace waggle
