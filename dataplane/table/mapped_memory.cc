#include "dataplane/table/mapped_memory.hh"

#include <cstdint>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace waggle {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t huge_page = 2U << 20;

void* map(std::size_t bytes) {
    void* data =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    return data;
}

}  // namespace

mapped_memory::mapped_memory(std::size_t bytes, page_size pages) : _size((bytes + page - 1) / page * page) {
    if (_size < huge_page || pages == page_size::small) {
        _data = map(_size);
        return;
    }
    // Huge pages need an aligned start: map too much, cut off both ends.
    auto* first = static_cast<std::byte*>(map(_size + huge_page));
    const std::size_t head = (huge_page - reinterpret_cast<std::uintptr_t>(first) % huge_page) % huge_page;
    if (head != 0) munmap(first, head);
    munmap(first + head + _size, huge_page - head);
    _data = first + head;
    madvise(_data, _size, MADV_HUGEPAGE);
}

mapped_memory::~mapped_memory() {
    if (_data != nullptr) munmap(_data, _size);
}

mapped_memory::mapped_memory(mapped_memory&& other) noexcept
    : _data(std::exchange(other._data, nullptr)), _size(std::exchange(other._size, 0)) {
}

mapped_memory& mapped_memory::operator=(mapped_memory&& other) noexcept {
    std::swap(_data, other._data);
    std::swap(_size, other._size);
    return *this;
}

}  // namespace waggle
