#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "config/difference.hh"
#include "config/write.hh"
#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

std::mt19937 seeded() {
    const unsigned seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    return std::mt19937(seed);
}

unsigned pick(std::mt19937& random, unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random);
}

/// Endpoints of this host on one /16 overlay with an IPv6 subnet, all different.
std::vector<endpoint> random_endpoints(std::mt19937& random, unsigned count) {
    std::vector<endpoint> endpoints;
    for (unsigned i = 1; i <= count; ++i) {
        endpoint each;
        each.name = "e" + std::to_string(i);
        each.overlay = "blue";
        const ip_prefix v4{ip_address::from_v4(0x0a01'0000U + i), 16};
        const ip_prefix v6{*ip_address::parse("fd00::" + std::to_string(i)), 64};
        const unsigned families = pick(random, 3);
        if (families != 1) each.addresses.push_back(v4);
        if (families != 0) each.addresses.push_back(v6);
        each.mac = mac_address::from_u64(0x02aa'0000'0000U + i);
        each.host = "alpha";
        const std::string id = std::to_string(i);
        switch (pick(random, 6)) {
            case 0:
                each.attached = container_attachment{namespace_by_name{"n: #" + id}, "eth0", {}};
                break;
            case 1:
                each.attached = container_attachment{
                    namespace_by_path{"/run/ns \"" + id + "\" \\ \xf0\x9f\x90\x9d"},
                    "e" + id,
                    {{ip_prefix{each.addresses[0].network().address, 12}.network(), std::nullopt}}};
                break;
            case 2:
                each.attached = container_attachment{namespace_by_pid{i}, "~", {}};
                break;
            case 3:
                each.attached = vhost_user_attachment{"/run/s" + id, 1 + pick(random, 128)};
                break;
            case 4:
                each.attached = memif_attachment{"/run/m", i};
                break;
            default:
                each.attached = ethdev_attachment{"net_x" + id + ",a=[1,2],b={c}"};
        }
        endpoints.push_back(each);
    }
    return endpoints;
}

TEST(random_config, endpoints_survive_writing_and_loading) {
    std::mt19937 random = seeded();
    config base = std::get<config>(load_text(edited("[10.1.0.0/24]", "[10.1.0.0/16, \"fd00::/64\"]"), "f"));
    base.endpoints.clear();
    for (int round = 0; round < 50; ++round) {
        const std::vector<endpoint> endpoints = random_endpoints(random, 1 + pick(random, 40));
        const endpoint_list again = load_endpoints(write_endpoints(endpoints), "written", base);
        ASSERT_EQ(to_string(again.problems), "") << write_endpoints(endpoints);
        ASSERT_EQ(again.endpoints, endpoints);
    }
}

/// Removing what was removed, adding what was added and replacing what changed gives the other list.
TEST(random_config, difference_leads_from_one_to_the_other) {
    std::mt19937 random = seeded();
    for (int round = 0; round < 200; ++round) {
        config from;
        config to;
        from.endpoints = random_endpoints(random, 30);
        for (const endpoint& each : from.endpoints) {
            if (pick(random, 4) == 0) continue;
            to.endpoints.push_back(each);
            if (pick(random, 4) == 0) to.endpoints.back().host = "beta";
        }
        for (endpoint each : random_endpoints(random, pick(random, 5))) {
            each.name = "new-" + each.name;
            to.endpoints.push_back(each);
        }
        const difference what = compare(from, to);
        std::map<std::string, endpoint> applied;
        for (const endpoint& each : from.endpoints) applied.emplace(each.name, each);
        for (const endpoint& each : what.endpoints.removed) ASSERT_EQ(applied.erase(each.name), 1U);
        for (const endpoint& each : what.endpoints.added)
            ASSERT_TRUE(applied.emplace(each.name, each).second);
        for (const auto& [old_value, new_value] : what.endpoints.changed) {
            ASSERT_EQ(applied.at(old_value.name), old_value);
            ASSERT_NE(old_value, new_value);
            applied.at(old_value.name) = new_value;
        }
        ASSERT_EQ(applied.size(), to.endpoints.size());
        for (const endpoint& each : to.endpoints) ASSERT_EQ(applied.at(each.name), each);
    }
}

/// Whatever becomes of a good file, it loads or has problems with a place in it; nothing else happens.
TEST(random_config, damaged_files_are_refused_or_load) {
    std::mt19937 random = seeded();
    std::vector<std::string> texts;
    for (const auto& file : std::filesystem::directory_iterator(WAGGLE_EXAMPLES)) {
        std::ostringstream text;
        text << std::ifstream(file.path()).rdbuf();
        texts.push_back(text.str());
    }
    ASSERT_FALSE(texts.empty());
    constexpr std::string_view pieces = "{}[],:-#&*!|>'\"%@`\\ \n\t0129azAZ~?<=\xff";
    for (int round = 0; round < 3000; ++round) {
        std::string text = texts[pick(random, static_cast<unsigned>(texts.size()))];
        for (unsigned edits = 1 + pick(random, 4); edits > 0; --edits) {
            const std::size_t at = pick(random, static_cast<unsigned>(text.size()));
            const char piece = pieces[pick(random, pieces.size())];
            switch (pick(random, 3)) {
                case 0:
                    text[at] = piece;
                    break;
                case 1:
                    text.insert(at, 1, piece);
                    break;
                default:
                    text.erase(at, 1 + pick(random, 20));
            }
        }
        const load_result loaded = load_text(text, "f");
        if (const auto* problems = std::get_if<std::vector<problem>>(&loaded)) {
            ASSERT_FALSE(problems->empty()) << text;
            for (const problem& each : *problems) {
                ASSERT_GT(each.line, 0U) << text;
                ASSERT_LE(each.line, 2U + static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')))
                    << text;
                ASSERT_NE(each.message, "");
            }
        }
    }
}

}  // namespace
}  // namespace waggle::config
