#include "control/swarm/saved_files.hh"

#include <filesystem>

#include <linux/magic.h>
#include <sys/vfs.h>

#include "common/secret.hh"
#include "control/overlay/durable_file.hh"

namespace waggle::control::swarm {
namespace {

/// A host's 10,000 attachments are some megabytes.
constexpr std::size_t largest_state = std::size_t{64} << 20;

bool is_in_memory(const std::string& directory) {
    struct statfs about {};
    if (::statfs(directory.c_str(), &about) != 0) return false;
    return about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC;
}

template <typename Message>
Message read(const std::string& path) {
    Message message;
    auto text = read_file(path, largest_state);
    if (!text) return message;
    if (!message.ParseFromString(*text)) message.Clear();
    wipe(*text);
    return message;
}

result<void> remove_if_there(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return {};
    return remove_durably(path);
}

}  // namespace

saved_files::saved_files(const std::string& directory, const std::string& runtime_directory)
    : _state_path(directory + "/state"),
      _keys_path(runtime_directory + "/swarm-keys"),
      _in_memory(is_in_memory(runtime_directory)) {
}

waggle::swarm::SavedState saved_files::state() const {
    return read<waggle::swarm::SavedState>(_state_path);
}

waggle::swarm::SavedKeys saved_files::keys() const {
    return _in_memory ? read<waggle::swarm::SavedKeys>(_keys_path) : waggle::swarm::SavedKeys();
}

result<void> saved_files::keep(const waggle::swarm::SavedState& what) const {
    return write_durably(_state_path, what.SerializeAsString());
}

result<void> saved_files::keep(const waggle::swarm::SavedKeys& what) const {
    if (!_in_memory) return {};
    std::string text = what.SerializeAsString();
    auto kept = write_durably(_keys_path, text);
    wipe(text);
    return kept;
}

result<void> saved_files::forget() const {
    if (auto removed = remove_if_there(_state_path); !removed) return removed;
    return remove_if_there(_keys_path);
}

}  // namespace waggle::control::swarm
