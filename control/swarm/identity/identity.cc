#include "control/swarm/identity/identity.hh"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "control/overlay/durable_file.hh"

namespace waggle::control::swarm {

result<identity> identity::make(std::string root, std::string certificate, private_key key) {
    auto facts = read_certificate(certificate, root, key);
    if (!facts) return facts.failure();
    return identity{std::move(root), std::move(certificate), std::move(key), std::move(*facts)};
}

bool identity_store::exists() const {
    std::error_code ignored;
    return std::filesystem::exists(_path, ignored);
}

result<identity> identity_store::read() const {
    auto text = read_file(_path);
    if (!text) return text.failure();
    auto parsed = nlohmann::json::parse(*text, nullptr, false);
    wipe(*text);
    const auto field = [&](const char* name) {
        const auto found = parsed.is_object() ? parsed.find(name) : parsed.end();
        return parsed.is_object() && found != parsed.end() && found->is_string() ? found->get<std::string>()
                                                                                 : std::string();
    };
    auto made = identity::make(field("root"), field("certificate"), private_key(field("key")));
    if (parsed.is_object() && parsed.contains("key") && parsed["key"].is_string())
        wipe(parsed["key"].get_ref<std::string&>());
    if (!made)
        return error{_path + " can't be used: " + made.failure().message +
                     "; remove it and join the swarm again with a token"};
    return made;
}

result<void> identity_store::keep(const identity& what) const {
    if (auto made = make_directory(_directory); !made) return made;
    nlohmann::json file = {
        {"root", what.root}, {"certificate", what.certificate}, {"key", what.key.reveal()}};
    std::string text = file.dump(1) + "\n";
    auto kept = write_durably(_path, text);
    wipe(text);
    wipe(file["key"].get_ref<std::string&>());
    return kept;
}

result<void> identity_store::forget() const {
    if (!exists()) return {};
    return remove_durably(_path);
}

}  // namespace waggle::control::swarm
