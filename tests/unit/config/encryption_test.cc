#include "tests/unit/config/cases.hh"

namespace waggle::config {
namespace {

class encryption_problem : public testing::TestWithParam<edit_case> {};

TEST_P(encryption_problem, is_reported) {
    check(GetParam());
}

const std::vector<edit_case> cases{
    {"not_a_map",
     "vni: 100,",
     "vni: 100, encryption: docker,",
     {"6:40: overlays[0].encryption: is 'docker'; allowed: a map with the keys profile, secret, algorithm, "
      "rekey, replay_window"}},
    {"profile_missing",
     "vni: 100,",
     "vni: 100, encryption: {secret: /s},",
     {"6:40: overlays[0].encryption.profile: is missing; allowed: docker, waggle"}},
    {"profile_unknown",
     "vni: 100,",
     "vni: 100, encryption: {profile: ipsec},",
     {"6:50: overlays[0].encryption.profile: is 'ipsec'; allowed: docker, waggle"}},
    {"docker_without_keys",
     "vni: 100,",
     "vni: 100, encryption: {profile: docker},",
     {"6:40: overlays[0].encryption: has the docker profile, whose keys are missing; allowed: with "
      "node.docker_encryption.keys"}},
    {"docker_with_secret",
     "  name: alpha\n  vtep: {ipv4: 192.0.2.1}\n  underlay: [{name: wan, kind: packet, interface: "
     "eth0}]\noverlays:\n  - {name: blue, vni: 100,",
     "  name: alpha\n  docker_encryption: {keys: /k}\n  vtep: {ipv4: 192.0.2.1}\n  underlay: [{name: wan, "
     "kind: packet, interface: eth0}]\noverlays:\n  - {name: blue, vni: 100, encryption: {profile: docker, "
     "secret: /s},",
     {"7:58: overlays[0].encryption.secret: is not a key that exists here; allowed: profile"}},
    {"secret_missing",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle},",
     {"6:40: overlays[0].encryption.secret: is missing; allowed: the path of a file with the overlay's "
      "secret"}},
    {"secret_relative",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: blue.secret},",
     {"6:66: overlays[0].encryption.secret: is 'blue.secret'; allowed: an absolute path (/...) without '..', "
      "at most 4095 bytes"}},
    {"algorithm_unknown",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, algorithm: aes128gcm},",
     {"6:81: overlays[0].encryption.algorithm: is 'aes128gcm'; allowed: aes256gcm, chacha20poly1305"}},
    {"rekey_too_often",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, rekey: 59},",
     {"6:77: overlays[0].encryption.rekey: is '59'; allowed: a decimal number from 60 to 86400 seconds"}},
    {"rekey_too_rare",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, rekey: 86401},",
     {"6:77: overlays[0].encryption.rekey: is '86401'; allowed: a decimal number from 60 to 86400 seconds"}},
    {"replay_of_the_waggle_profile",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, replay: off},",
     {"6:70: overlays[0].encryption.replay: is not a key that exists here; allowed: profile, secret, "
      "algorithm, "
      "rekey, replay_window"}},
    {"replay_unknown",
     "  name: alpha\n",
     "  name: alpha\n  docker_encryption: {keys: /k, replay: lenient}\n",
     {"3:41: node.docker_encryption.replay: is 'lenient'; allowed: strict, resync, off"}},
    {"window_no_power_of_two",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, replay_window: 4095},",
     {"6:85: overlays[0].encryption.replay_window: is '4095'; allowed: a power of two from 64 to 65536"}},
    {"window_too_small",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, replay_window: 32},",
     {"6:85: overlays[0].encryption.replay_window: is '32'; allowed: a decimal number from 64 to 65536 (a "
      "power of two)"}},
    {"window_too_large",
     "vni: 100,",
     "vni: 100, encryption: {profile: waggle, secret: /s, replay_window: 131072},",
     {"6:85: overlays[0].encryption.replay_window: is '131072'; allowed: a decimal number from 64 to 65536 "
      "(a power of two)"}},
    {"docker_keys_missing",
     "  name: alpha\n",
     "  name: alpha\n  docker_encryption: {replay: strict}\n",
     {"3:22: node.docker_encryption.keys: is missing; allowed: the path of a file with the three keys"}},
    {"docker_keys_relative",
     "  name: alpha\n",
     "  name: alpha\n  docker_encryption: {keys: k}\n",
     {"3:29: node.docker_encryption.keys: is 'k'; allowed: an absolute path (/...) without '..', at most "
      "4095 bytes"}},
    {"docker_unknown_key",
     "  name: alpha\n",
     "  name: alpha\n  docker_encryption: {keys: /k, key: /k}\n",
     {"3:33: node.docker_encryption.key: is not a key that exists here (did you mean 'keys'?); allowed: "
      "keys, "
      "replay, replay_window"}},
    {"udp_not_a_map",
     "{ipv4: 192.0.2.2}",
     "{ipv4: 192.0.2.2}, esp_in_udp: true",
     {"8:55: peers[0].esp_in_udp: is 'true'; allowed: a map with the keys port, keepalive"}},
    {"udp_port_zero",
     "{ipv4: 192.0.2.2}",
     "{ipv4: 192.0.2.2}, esp_in_udp: {port: 0}",
     {"8:62: peers[0].esp_in_udp.port: is '0'; allowed: a decimal number from 1 to 65535"}},
    {"udp_keepalive",
     "{ipv4: 192.0.2.2}",
     "{ipv4: 192.0.2.2}, esp_in_udp: {keepalive: 3601}",
     {"8:67: peers[0].esp_in_udp.keepalive: is '3601'; allowed: a decimal number from 0 to 3600 seconds"}},
};

INSTANTIATE_TEST_SUITE_P(config, encryption_problem, testing::ValuesIn(cases), name_of_case);

config loaded(const std::string& find, const std::string& replacement) {
    return std::get<config>(load_text(edited(find, replacement), "f"));
}

TEST(encryption, is_none_without_the_key) {
    const config plain = std::get<config>(load_text(good_file, "f"));
    EXPECT_FALSE(plain.overlays[0].encryption);
    EXPECT_FALSE(plain.peers[0].esp_in_udp);
    EXPECT_FALSE(plain.node.docker_encryption);
}

TEST(encryption, waggle_profile) {
    const config defaults = loaded("vni: 100,", "vni: 100, encryption: {profile: waggle, secret: /s},");
    const waggle_profile expected{"/s", aead::aes256gcm, 3600, 4096};
    EXPECT_EQ(std::get<waggle_profile>(*defaults.overlays[0].encryption), expected);

    const config all =
        loaded("vni: 100,",
               "vni: 100, encryption: {profile: waggle, secret: /s, algorithm: chacha20poly1305, "
               "rekey: 60, replay_window: 65536},");
    const waggle_profile every{"/s", aead::chacha20poly1305, 60, 65536};
    EXPECT_EQ(std::get<waggle_profile>(*all.overlays[0].encryption), every);
}

TEST(encryption, docker_profile) {
    std::string text = edited("  name: alpha\n", "  name: alpha\n  docker_encryption: {keys: /k}\n");
    text.replace(text.find("vni: 100,"), 9, "vni: 100, encryption: {profile: docker},");
    const load_result result = load_text(text, "f");
    ASSERT_TRUE(std::holds_alternative<config>(result)) << to_string(std::get<1>(result));
    EXPECT_TRUE(std::holds_alternative<docker_profile>(*std::get<config>(result).overlays[0].encryption));
    const docker_encryption expected{"/k", {replay_policy::resync, 4096}};
    EXPECT_EQ(std::get<config>(result).node.docker_encryption, expected);
}

TEST(encryption, esp_in_udp) {
    EXPECT_EQ(loaded("{ipv4: 192.0.2.2}", "{ipv4: 192.0.2.2}, esp_in_udp: {}").peers[0].esp_in_udp,
              (esp_in_udp{4500, 20}));
    EXPECT_EQ(loaded("{ipv4: 192.0.2.2}", "{ipv4: 192.0.2.2}, esp_in_udp: {port: 4501, keepalive: 0}")
                  .peers[0]
                  .esp_in_udp,
              (esp_in_udp{4501, 0}));
}

}  // namespace
}  // namespace waggle::config
