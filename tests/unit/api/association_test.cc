#include <functional>

#include <gtest/gtest.h>

#include "dataplane/api/codec.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/api/tracked_state.hh"
#include "dataplane/api/validate.hh"

namespace waggle::api {
namespace {

const vni plain = *vni::from(1);
const vni shared = *vni::from(2);
const vni own = *vni::from(3);
const ip_address peer = *ip_address::parse("192.0.2.2");
const ip_address other = *ip_address::parse("192.0.2.3");
const association_key out_docker{direction::outbound, peer, 0x1000};
const association_key out_waggle{direction::outbound, peer, 0x2000};

secret material(std::size_t size, std::uint8_t fill = 7) {
    return *secret::from(std::vector<std::uint8_t>(size, fill));
}

association docker() {
    association made;
    made.profile = encryption::docker;
    made.keying_material = material(20);
    return made;
}

association waggle_one() {
    association made;
    made.profile = encryption::waggle;
    made.overlay = own;
    made.lane = 0;
    made.cipher = cipher::aes256gcm;
    made.icv_length = 16;
    made.extended_sequence = true;
    made.keying_material = material(36);
    return made;
}

state good_state() {
    state out;
    out.overlays[plain] = {"plain", 1450, false};
    out.overlays[shared] = {"shared", 1424, false, encryption::docker};
    out.overlays[own] = {"own", 1410, false, encryption::waggle};
    out.vteps[peer] = {};
    out.vteps[other] = {};
    out.members = {{plain, peer}, {shared, peer}, {own, peer}};
    out.associations[out_docker] = docker();
    out.associations[out_waggle] = waggle_one();
    return out;
}

struct refusal {
    std::string message;
    std::function<void(delta&)> build;
};

/// A change that brings one association of `from` after `change(key, parameters)`.
template <typename Change>
refusal with(const std::string& message, association from, Change change) {
    return {message, [from, change](delta& d) {
                association_key key{direction::outbound, peer, 0x3000};
                association parameters = from;
                parameters.phase = association_phase::receive_only;
                change(key, parameters);
                d.upserts.associations = {{key, parameters}};
            }};
}

const std::string named = "outbound security association 0x00003000 to 192.0.2.2: ";

const std::vector<refusal> refusals = {
    with("outbound security association 0x000000ff to 192.0.2.2: SPIs below 256 are reserved (RFC 4303 "
         "section 2.1)",
         docker(), [](association_key& key, association&) { key.spi = 255; }),
    with("inbound security association 0x00003000 from 224.0.0.1: 224.0.0.1 can't be a VTEP's address",
         docker(),
         [](association_key& key, association&) {
             key = {direction::inbound, *ip_address::parse("224.0.0.1"), 0x3000};
         }),
    with(named + "a profile of no encryption", docker(),
         [](association_key&, association& a) { a.profile = encryption::none; }),
    with(named + "an overlay or a lane, but docker associations serve all overlays and workers", docker(),
         [](association_key&, association& a) { a.overlay = shared; }),
    with(named + "an overlay or a lane, but docker associations serve all overlays and workers", docker(),
         [](association_key&, association& a) { a.lane = 1; }),
    with(named + "docker associations are AES-128-GCM with an ICV of 8 bytes and 32-bit sequence numbers",
         docker(), [](association_key&, association& a) { a.icv_length = 16; }),
    with(named + "docker associations are AES-128-GCM with an ICV of 8 bytes and 32-bit sequence numbers",
         docker(), [](association_key&, association& a) { a.extended_sequence = true; }),
    with(named + "docker associations are AES-128-GCM with an ICV of 8 bytes and 32-bit sequence numbers",
         docker(), [](association_key&, association& a) { a.cipher = cipher::aes256gcm; }),
    with(named + "no overlay or no lane, but waggle associations serve one each", waggle_one(),
         [](association_key&, association& a) { a.overlay.reset(); }),
    with(named + "no overlay or no lane, but waggle associations serve one each", waggle_one(),
         [](association_key&, association& a) { a.lane.reset(); }),
    with(named + "lane 128 is above 127", waggle_one(),
         [](association_key&, association& a) { a.lane = 128; }),
    with(named + "waggle associations have an ICV of 16 bytes and 64-bit sequence numbers", waggle_one(),
         [](association_key&, association& a) { a.icv_length = 8; }),
    with(named + "waggle associations have an ICV of 16 bytes and 64-bit sequence numbers", waggle_one(),
         [](association_key&, association& a) { a.extended_sequence = false; }),
    with(named + "waggle associations have the strict replay policy (RFC 4303 section 3.3.3)", waggle_one(),
         [](association_key&, association& a) { a.replay = replay_policy::resync; }),
    with(named + "waggle associations have the strict replay policy (RFC 4303 section 3.3.3)", waggle_one(),
         [](association_key&, association& a) { a.replay = replay_policy::off; }),
    with(named + "keying material of 36 bytes, but its cipher takes 20", docker(),
         [](association_key&, association& a) { a.keying_material = material(36); }),
    with(named + "keying material of 0 bytes, but its cipher takes 36", waggle_one(),
         [](association_key&, association& a) { a.keying_material.wipe(); }),
    with(named + "replay window 96 is no power of two from 64 to 65536", docker(),
         [](association_key&, association& a) { a.replay_window = 96; }),
    with(named + "replay window 32 is no power of two from 64 to 65536", docker(),
         [](association_key&, association& a) { a.replay_window = 32; }),
    with(named + "replay window 131072 is no power of two from 64 to 65536", docker(),
         [](association_key&, association& a) { a.replay_window = 131072; }),
    // What it refers to.
    with("outbound security association 0x00003000 to 192.0.2.9: there is no such VTEP", docker(),
         [](association_key& key, association&) { key.vtep = *ip_address::parse("192.0.2.9"); }),
    with(named + "there is no overlay 9", waggle_one(),
         [](association_key&, association& a) { a.overlay = *vni::from(9); }),
    with(named + "overlay 1 is not encrypted", waggle_one(),
         [](association_key&, association& a) { a.overlay = plain; }),
    with("outbound security association 0x00003000 to 192.0.2.3: its VTEP is not a member of overlay 3",
         waggle_one(), [](association_key& key, association&) { key.vtep = other; }),
    {"outbound security association 0x00003000 to 192.0.2.2 is to be removed, but is not there",
     [](delta& d) {
         d.removals.associations = {{direction::outbound, peer, 0x3000}};
     }},
};

/// What goes is still needed, or what comes has its place taken; only the tracked state says so in these
/// words.
const std::vector<refusal> still_needed = {
    with(named + "another active one sends for the same; only one may", waggle_one(),
         [](association_key&, association& a) { a.phase = association_phase::active; }),
    with(named + "another active one sends for the same; only one may", docker(),
         [](association_key&, association& a) { a.phase = association_phase::active; }),
    {"VTEP 192.0.2.2 is to be removed, but 2 security associations still name it",
     [](delta& d) {
         d.removals.vteps = {peer};
         d.removals.members = {{plain, peer}, {shared, peer}, {own, peer}};
     }},
    {"member 192.0.2.2 of overlay 3 is to be removed, but 1 security association is still for it",
     [](delta& d) {
         d.removals.members = {{own, peer}};
     }},
    {"overlay 3 is to be removed, but 0 ports, 0 members, 0 forwarding entries, 0 neighbours and 1 security "
     "association still name it",
     [](delta& d) {
         d.removals.members = {{own, peer}};
         d.removals.overlays = {own};
     }},
    {"overlay 3 is to be without encryption, but 1 waggle security association is still for it",
     [](delta& d) {
         d.upserts.overlays = {{own, {"own", 1450, false}}};
     }},
};

void expect_refused(const std::vector<refusal>& cases, bool same_words) {
    const state base = good_state();
    ASSERT_TRUE(check(base).ok()) << check(base).failure().message;
    for (const refusal& each : cases) {
        delta change;
        each.build(change);
        const auto slow = validate(base, change);
        ASSERT_FALSE(slow.ok()) << each.message;
        if (same_words) {
            EXPECT_EQ(slow.failure().message, each.message);
        }
        tracked_state tracked;
        ASSERT_TRUE(tracked.add(difference({}, base).upserts).ok());
        ASSERT_TRUE(tracked.check_closed().ok());
        const auto fast = tracked.apply(change);
        ASSERT_FALSE(fast.ok()) << each.message;
        EXPECT_EQ(fast.failure().message, each.message);
        EXPECT_TRUE(tracked.get() == base);
    }
}

TEST(association, bad_ones_are_refused_by_name) {
    expect_refused(refusals, true);
}

TEST(association, what_it_needs_stays) {
    expect_refused(still_needed, false);
}

TEST(association, a_snapshot_with_bad_ones_is_refused) {
    const auto refusal_of = [](auto spoil) {
        state broken = good_state();
        spoil(broken);
        tracked_state tracked;
        if (const auto added = tracked.add(difference({}, broken).upserts); !added)
            return added.failure().message;
        const auto closed = tracked.check_closed();
        return closed.ok() ? std::string() : closed.failure().message;
    };
    EXPECT_EQ(refusal_of([](state& s) {
                  s.associations[{direction::outbound, peer, 0x3000}] = docker();
              }).substr(50),
              "2.2: another active one sends for the same; only one may");
    EXPECT_EQ(refusal_of([](state& s) {
                  s.associations[out_docker].phase = association_phase::draining;
                  s.associations[{direction::outbound, peer, 0x3000}] = docker();
              }),
              "");
    EXPECT_EQ(refusal_of([](state& s) { s.overlays[own].encryption = encryption::none; }),
              "outbound security association 0x00002000 to 192.0.2.2: overlay 3 is not encrypted");
}

/// Rotation as control does it: the next one is added, takes over, the former drains and goes.
TEST(association, rotates_in_one_change_a_step) {
    tracked_state tracked;
    ASSERT_TRUE(tracked.add(difference({}, good_state()).upserts).ok());
    const association_key next{direction::outbound, peer, 0x4000};
    delta change;
    association prepared = waggle_one();
    prepared.phase = association_phase::receive_only;
    prepared.keying_material = material(36, 8);
    change.upserts.associations = {{next, prepared}};
    ASSERT_TRUE(tracked.apply(change).ok());
    association former = waggle_one();
    former.phase = association_phase::draining;
    prepared.phase = association_phase::active;
    change.upserts.associations = {{next, prepared}, {out_waggle, former}};
    ASSERT_TRUE(tracked.apply(change).ok());
    change.upserts.associations.clear();
    change.removals.associations = {out_waggle};
    ASSERT_TRUE(tracked.apply(change).ok());
    EXPECT_EQ(tracked.get().associations.size(), 2U);
}

TEST(association, malformed_ones_are_refused) {
    const auto refusal_of = [](auto build) {
        wire::Entries entries;
        wire::Association& one = *entries.add_associations();
        one = encode_association({direction::inbound, peer, 0x1000}, docker());
        build(one);
        delta::upsert_lists lists;
        const auto decoded = decode(entries, lists);
        return decoded.ok() ? std::string() : decoded.failure().message;
    };
    const std::string where = "malformed message: inbound security association 0x00001000 from 192.0.2.2: ";
    EXPECT_EQ(refusal_of([](wire::Association& a) { a.mutable_key()->set_vtep("12345"); }),
              "malformed message: address of a security association of neither 4 nor 16 bytes");
    const std::string unknown = where + "an unknown profile, cipher, replay policy or phase";
    EXPECT_EQ(refusal_of([](wire::Association& a) { a.set_profile(static_cast<wire::Encryption>(3)); }),
              unknown);
    EXPECT_EQ(
        refusal_of([](wire::Association& a) { a.set_cipher(static_cast<wire::Association::Cipher>(-1)); }),
        unknown);
    EXPECT_EQ(
        refusal_of([](wire::Association& a) { a.set_replay(static_cast<wire::Association::Replay>(3)); }),
        unknown);
    EXPECT_EQ(refusal_of([](wire::Association& a) { a.set_phase(static_cast<wire::Association::Phase>(9)); }),
              unknown);
    EXPECT_EQ(refusal_of([](wire::Association& a) { a.set_overlay(1 << 24); }),
              where + "VNI 16777216 is above 16777215");
    for (const auto set : {&wire::Association::set_lane, &wire::Association::set_encapsulation_port,
                           &wire::Association::set_keepalive_seconds})
        EXPECT_EQ(refusal_of([&](wire::Association& a) { (a.*set)(65536); }),
                  where + "lane, encapsulation port or keepalive above 65535");
    EXPECT_EQ(refusal_of([](wire::Association& a) { a.set_icv_length(17); }),
              where + "ICV of more than 16 bytes");
    EXPECT_EQ(refusal_of([](wire::Association& a) { a.set_keying_material(std::string(65, 'x')); }),
              where + "keying material of 65 bytes");
    wire::Entries entries;
    entries.add_overlays()->set_encryption(static_cast<wire::Encryption>(7));
    delta::upsert_lists lists;
    EXPECT_EQ(decode(entries, lists).failure().message,
              "malformed message: overlay 0 of an unknown encryption");
}

TEST(association, reports_and_events_come_out_as_they_went_in_without_the_key) {
    association_report report;
    report.key = out_waggle;
    report.parameters = waggle_one();
    report.fingerprint = "0123abcd";
    report.age_seconds = 1;
    report.packets = 3;
    report.bytes = 4;
    report.sequence = 5;
    report.sequence_used = 0.25;
    report.errors = {{"replayed", "a description", 6}};
    wire::AssociationReport out;
    encode(report, out);
    report.parameters.keying_material.wipe();
    EXPECT_EQ(*decode(out), report);
    report.idle_seconds = 0;
    wire::AssociationReport used;
    encode(report, used);
    EXPECT_EQ(*decode(used), report);
    const event happened{.what = event::kind::sequence_used_up, .association = out_docker};
    wire::Event wire_event;
    encode(happened, wire_event);
    EXPECT_EQ(*decode(wire_event), happened);
    wire_event.set_kind(static_cast<wire::Event::Kind>(99));
    EXPECT_FALSE(decode(wire_event).ok());
}

}  // namespace
}  // namespace waggle::api
