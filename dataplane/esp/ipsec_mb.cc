#include "dataplane/esp/ipsec_mb.hh"

#include <intel-ipsec-mb.h>

namespace waggle::esp {
namespace {

constexpr std::uint64_t features_of(instruction_set level) {
    switch (level) {
        case instruction_set::avx512:
            return IMB_CPUFLAGS_AVX512;
        case instruction_set::avx2:
            return IMB_CPUFLAGS_AVX2;
        case instruction_set::avx:
            return IMB_CPUFLAGS_AVX;
        default:
            return IMB_CPUFLAGS_SSE;
    }
}

IMB_MGR* make_manager(instruction_set level) {
    IMB_MGR* made = alloc_mb_mgr(0);
    if (made == nullptr) return nullptr;
    if ((made->features & features_of(level)) != features_of(level)) {
        free_mb_mgr(made);
        return nullptr;
    }
    switch (level) {
        case instruction_set::avx512:
            init_mb_mgr_avx512(made);
            break;
        case instruction_set::avx2:
            init_mb_mgr_avx2(made);
            break;
        case instruction_set::avx:
            init_mb_mgr_avx(made);
            break;
        default:
            init_mb_mgr_sse(made);
    }
    return made;
}

}  // namespace

const IMB_MGR* ipsec_mb_manager(instruction_set level) {
    static const std::array<IMB_MGR*, instruction_sets.size()> managers{
        make_manager(instruction_sets[0]), make_manager(instruction_sets[1]),
        make_manager(instruction_sets[2]), make_manager(instruction_sets[3])};
    for (std::size_t i = 0; i < instruction_sets.size(); ++i)
        if (instruction_sets[i] == level) return managers[i];
    return nullptr;
}

}  // namespace waggle::esp
