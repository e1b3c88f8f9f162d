#include "control/process/private_memory.hh"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <sys/prctl.h>

namespace waggle::control {

result<void> keep_memory_private() {
    // Only pages that are used are locked: large tables and stacks that are not cost nothing.
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        return error{std::string("keys may be written to swap, as memory can't be locked: ") +
                     std::strerror(errno) + "; raise the limit of locked memory (LimitMEMLOCK=infinity)"};
    if (::prctl(PR_SET_DUMPABLE, 0) != 0)
        return error{std::string("keys may be written into a core file: ") + std::strerror(errno)};
    return {};
}

}  // namespace waggle::control
