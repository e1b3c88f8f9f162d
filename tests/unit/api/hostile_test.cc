#include <gtest/gtest.h>

#include "dataplane/api/change_encoder.hh"
#include "dataplane/api/reader_client.hh"
#include "tests/unit/api/big_state.hh"
#include "tests/unit/api/dataplane_fixture.hh"
#include "tests/unit/api/owner_driver.hh"
#include "tests/unit/api/random_state.hh"
#include "tests/unit/api/raw_client.hh"

namespace waggle::api {
namespace {

/// A dataplane with a state and an owner that must not notice what others do.
struct hostile : testing::Test {
    hostile()
        : dataplane([](server_options& options) {
              options.hello_deadline = std::chrono::hours(1);
              options.stall_deadline = std::chrono::hours(1);
              options.reader_limit = 8;
          }),
          owner(dataplane.path()) {}

    void SetUp() override {
        ASSERT_TRUE(owner.connect());
        ASSERT_EQ(owner.replace(held), "");
    }
    void TearDown() override {
        // Whatever happened: the owner's next change goes through, and a reader is served.
        EXPECT_EQ(owner.apply({}), "");
        EXPECT_TRUE(owner.losses.empty());
        EXPECT_TRUE(dataplane.holds(held));
        bool served = false;
        for (int attempt = 0; attempt < 600 && !served; ++attempt) {
            auto reader = reader_client::connect(dataplane.path());
            served = reader.ok() && reader->status().ok();
            if (!served) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        EXPECT_TRUE(served);
    }
    std::size_t clients() {
        return dataplane.run([](behind_socket&, server& serving) { return serving.clients(); });
    }
    bool only_the_owner_is_left() {
        for (int attempt = 0; attempt < 600; ++attempt) {
            if (clients() == 1) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return false;
    }

    const state held = big_state(50'000);
    served_dataplane dataplane;
    owner_driver owner;
};

TEST_F(hostile, garbage) {
    const std::uint64_t seed = random_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
        raw_client client(dataplane.path());
        if (round % 2 == 0) client.greet(wire::READER);
        std::string bytes(1 + random() % 10'000, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        // A length that can be waited for would be: make it a whole message of garbage.
        if (round % 4 < 2) {
            const be32 length(static_cast<std::uint32_t>(bytes.size()));
            bytes.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
        }
        client.send_bytes(bytes);
        ::shutdown(client.get(), SHUT_WR);
        client.farewell();
    }
    EXPECT_TRUE(only_the_owner_is_left());
}

TEST_F(hostile, whole_message_of_garbage_is_answered_with_the_reason) {
    raw_client client(dataplane.path());
    client.greet(wire::READER);
    client.send_bytes(std::string("\0\0\0\x04\xff\xff\xff\xff", 8));
    EXPECT_EQ(client.farewell(), "not a message of this protocol");
}

TEST_F(hostile, huge_length) {
    raw_client stranger(dataplane.path());
    stranger.send_bytes("\xff\xff\xff\xff");
    EXPECT_EQ(stranger.farewell(), "a message of 4294967295 bytes; at most 65536 are allowed");
    raw_client reader(dataplane.path());
    reader.greet(wire::READER);
    reader.send_bytes(std::string("\0\x01\0\x01", 4));
    EXPECT_EQ(reader.farewell(), "a message of 65537 bytes; at most 65536 are allowed");
}

TEST_F(hostile, no_greeting) {
    raw_client client(dataplane.path());
    client.ask(wire::Query::STATUS);
    EXPECT_EQ(client.farewell(), "the first message must be a greeting");
}

TEST_F(hostile, second_greeting) {
    raw_client client(dataplane.path());
    client.greet(wire::READER);
    client.greet(wire::READER);
    EXPECT_EQ(client.farewell(), "a second greeting");
}

TEST_F(hostile, other_version) {
    raw_client client(dataplane.path());
    client.greet(wire::READER, 2);
    EXPECT_EQ(client.farewell(),
              "protocol version 2, but this waggle-dataplane has 1; install the same version of both");
}

TEST_F(hostile, reader_that_changes_the_state) {
    const auto refused = [&](auto build) {
        raw_client client(dataplane.path());
        client.greet(wire::READER);
        wire::ToDataplane message;
        build(message);
        client.send(message);
        EXPECT_EQ(client.farewell(), "only the owner may change the state");
    };
    refused([](wire::ToDataplane& m) { m.mutable_snapshot_begin(); });
    refused([](wire::ToDataplane& m) { m.mutable_snapshot_part(); });
    refused([](wire::ToDataplane& m) { m.mutable_snapshot_end(); });
    refused([](wire::ToDataplane& m) { m.mutable_delta(); });
}

TEST_F(hostile, unknown_message_and_unknown_query) {
    raw_client empty(dataplane.path());
    empty.greet(wire::READER);
    empty.send({});
    EXPECT_EQ(empty.farewell(), "an unknown message; are both programs of one version?");
    raw_client unknown(dataplane.path());
    unknown.greet(wire::READER);
    unknown.ask(static_cast<wire::Query::What>(99));
    EXPECT_EQ(unknown.farewell(), "an unknown query; are both programs of one version?");
}

TEST_F(hostile, slow_reader_of_huge_answers_takes_little_memory_and_gets_all) {
    raw_client client(dataplane.path());
    client.greet(wire::READER);
    constexpr int questions = 20;
    for (int i = 0; i < questions; ++i) client.ask(wire::Query::STATE);
    // The owner goes on meanwhile; nothing of the answers' 20 MB is kept for the slow one but a piece.
    for (int i = 0; i < 20; ++i) EXPECT_EQ(owner.apply({}), "");
    ASSERT_TRUE(client.receive()->has_welcome());
    int answers = 0;
    while (answers < questions) {
        std::size_t entries = 0;
        for (bool more = true; more;) {
            const auto message = client.receive();
            ASSERT_TRUE(message.has_value());
            entries += static_cast<std::size_t>(message->entries().forwarding().mac_size());
            more = message->more();
        }
        ASSERT_EQ(entries, held.forwarding.size());
        ++answers;
    }
}

TEST_F(hostile, subscriber_that_never_reads) {
    raw_client client(dataplane.path());
    client.greet(wire::READER);
    wire::ToDataplane message;
    message.mutable_subscribe();
    client.send(message);
    ASSERT_TRUE(client.receive()->has_welcome());
    const event long_named{event::kind::port_up, std::string(10'000, 'x')};
    for (int i = 0; i < 2000 && clients() > 1; ++i) {
        dataplane.run([&](behind_socket&, server& serving) {
            serving.publish(long_named);
            return 0;
        });
        owner.context.restart();
        owner.context.poll();
    }
    EXPECT_EQ(clients(), 1U) << "disconnected once a few megabytes wait for it";
}

TEST_F(hostile, thousands_of_connections) {
    // Limited by this process's descriptors as much as by the server.
    std::vector<std::unique_ptr<raw_client>> crowd;
    for (int i = 0; i < 3000; ++i) {
        crowd.push_back(std::make_unique<raw_client>(dataplane.path()));
        if (crowd.size() > 300) crowd.erase(crowd.begin());
    }
    EXPECT_LE(clients(), 16U);
    // A stranger that was pushed out is told so.
    EXPECT_EQ(crowd.front()->farewell(), "too many clients");
}

TEST_F(hostile, too_many_readers) {
    std::vector<std::unique_ptr<raw_client>> readers;
    for (int i = 0; i < 8; ++i) {
        readers.push_back(std::make_unique<raw_client>(dataplane.path()));
        readers.back()->greet(wire::READER);
        ASSERT_TRUE(readers.back()->receive()->has_welcome());
    }
    raw_client one_more(dataplane.path());
    one_more.greet(wire::READER);
    EXPECT_EQ(one_more.farewell(), "too many readers: 8 are connected");
    const auto client = reader_client::connect(dataplane.path());
    ASSERT_FALSE(client.ok());
    EXPECT_EQ(client.failure().message, "waggle-dataplane: too many readers: 8 are connected");
}

// Deadlines: clients without a patient owner beside them, who might miss a short one on a busy machine.

constexpr auto never = std::chrono::hours(1);
constexpr auto soon = std::chrono::milliseconds(200);

std::function<void(server_options&)> deadlines(std::chrono::milliseconds hello,
                                               std::chrono::milliseconds stall) {
    return [=](server_options& options) {
        options.hello_deadline = hello;
        options.stall_deadline = stall;
    };
}

TEST(deadlines, no_greeting) {
    served_dataplane dataplane(deadlines(soon, never));
    raw_client client(dataplane.path());
    EXPECT_EQ(client.farewell(), "no greeting came in time");
}

TEST(deadlines, half_a_message_then_silence) {
    served_dataplane dataplane(deadlines(never, soon));
    raw_client client(dataplane.path());
    client.greet(wire::READER);
    client.send_bytes(std::string("\0\0\x10\0half", 8));
    EXPECT_EQ(client.farewell(), "a message was begun and not finished in time");
}

TEST(deadlines, reader_that_asks_and_never_reads) {
    served_dataplane dataplane(deadlines(never, soon));
    dataplane.run([](behind_socket& behind, server&) {
        auto whole = std::make_unique<tracked_state>();
        EXPECT_TRUE(whole->add(difference({}, big_state(50'000)).upserts).ok());
        EXPECT_TRUE(behind.applied.replace(std::move(whole)).ok());
        return 0;
    });
    raw_client client(dataplane.path());
    client.greet(wire::READER);
    for (int i = 0; i < 100; ++i) client.ask(wire::Query::STATE);
    const auto clients = [&] {
        return dataplane.run([](behind_socket&, server& serving) { return serving.clients(); });
    };
    for (int attempt = 0; attempt < 600 && clients() != 0; ++attempt)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(clients(), 0U);
}

TEST(deadlines, an_idle_client_is_left_alone) {
    served_dataplane dataplane(deadlines(never, std::chrono::milliseconds(20)));
    auto reader = reader_client::connect(dataplane.path());
    ASSERT_TRUE(reader.ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(reader->status().ok());
}

/// Sends the first `count` messages of a snapshot of `whole`.
void send_part_of_snapshot(raw_client& client, const state& whole, int count) {
    const auto encoder = encode_snapshot(std::make_shared<const state>(whole), 1'000);
    std::string bytes;
    for (int i = 0; i < count; ++i) encoder->next(bytes);
    client.send_bytes(bytes);
}

TEST(broken_owner, killed_in_the_middle_of_a_snapshot_changes_nothing) {
    served_dataplane dataplane;
    const state before = big_state(1000);
    {
        owner_driver owner(dataplane.path());
        ASSERT_TRUE(owner.connect());
        ASSERT_EQ(owner.replace(before), "");
    }
    {
        raw_client dying(dataplane.path());
        dying.greet(wire::OWNER);
        ASSERT_TRUE(dying.receive()->has_welcome());
        send_part_of_snapshot(dying, big_state(40'000), 3);
    }
    owner_driver next(dataplane.path());
    ASSERT_TRUE(next.connect());
    EXPECT_EQ(next.applied_generation, 1U);
    EXPECT_TRUE(dataplane.holds(before));
    EXPECT_EQ(next.replace(big_state(10)), "");
    EXPECT_TRUE(dataplane.holds(big_state(10)));
}

TEST(broken_owner, messages_out_of_place_close_the_session) {
    served_dataplane dataplane;
    const auto farewell = [&](auto send) {
        raw_client client(dataplane.path());
        client.greet(wire::OWNER);
        send(client);
        return client.farewell();
    };
    const auto message = [](auto build) {
        wire::ToDataplane out;
        build(out);
        return out;
    };
    const auto begin = message([](auto& m) { m.mutable_snapshot_begin(); });
    const auto part = message([](auto& m) { m.mutable_snapshot_part(); });
    const auto end = message([](auto& m) { m.mutable_snapshot_end()->set_generation(1); });
    const auto open_delta = message([](auto& m) {
        m.mutable_delta()->set_generation(5);
        m.mutable_delta()->set_more(true);
    });
    const auto other_delta = message([](auto& m) { m.mutable_delta()->set_generation(6); });
    EXPECT_EQ(farewell([&](auto& c) { c.send(part); }), "a part of a snapshot came without its begin");
    EXPECT_EQ(farewell([&](auto& c) { c.send(end); }), "the end of a snapshot came without its begin");
    EXPECT_EQ(farewell([&](auto& c) { c.send(begin), c.send(begin); }), "a snapshot began inside a snapshot");
    EXPECT_EQ(farewell([&](auto& c) { c.send(begin), c.send(other_delta); }),
              "a delta came inside a snapshot");
    EXPECT_EQ(farewell([&](auto& c) { c.send(open_delta), c.send(begin); }),
              "a snapshot began inside a delta");
    EXPECT_EQ(farewell([&](auto& c) { c.send(open_delta), c.send(other_delta); }),
              "a delta of generation 6 came inside the one of generation 5");
    EXPECT_TRUE(dataplane.holds({}));
}

TEST(broken_owner, a_faulty_snapshot_is_refused_as_a_whole_and_the_session_goes_on) {
    served_dataplane dataplane;
    owner_driver owner(dataplane.path());
    ASSERT_TRUE(owner.connect());
    const state good = big_state(1000);
    ASSERT_EQ(owner.replace(good), "");
    state bad = big_state(40'000);
    bad.overlays.clear();
    EXPECT_EQ(owner.replace(bad),
              "there is no overlay 4097, but 0 ports, 100 members, 40000 forwarding entries, "
              "40000 neighbours and 0 security associations name it");
    bad = big_state(40'000);
    bad.forwarding[{*vni::from(4097), mac_address::broadcast()}] = ip_address::from_v4(0xc000'0201);
    EXPECT_EQ(owner.replace(bad),
              "forwarding entry ff:ff:ff:ff:ff:ff of overlay 4097: address "
              "ff:ff:ff:ff:ff:ff is a multicast address");
    EXPECT_TRUE(dataplane.holds(good));
    EXPECT_TRUE(owner.losses.empty());
    EXPECT_EQ(owner.replace(big_state(5)), "");
    EXPECT_TRUE(dataplane.holds(big_state(5)));
}

TEST(broken_owner, generations_must_grow) {
    served_dataplane dataplane;
    raw_client client(dataplane.path());
    client.greet(wire::OWNER);
    ASSERT_TRUE(client.receive()->has_welcome());
    const auto snapshot = [&](std::uint64_t generation) {
        wire::ToDataplane message;
        message.mutable_snapshot_begin();
        client.send(message);
        message.mutable_snapshot_end()->set_generation(generation);
        client.send(message);
        return *client.receive();
    };
    EXPECT_EQ(snapshot(7).acknowledged().generation(), 7U);
    const auto refused = snapshot(7);
    EXPECT_EQ(refused.refused().generation(), 7U);
    EXPECT_EQ(refused.refused().reason(), "generation 7 is in force; 7 is not above it");
    wire::ToDataplane message;
    message.mutable_delta()->set_base(6);
    message.mutable_delta()->set_generation(8);
    client.send(message);
    EXPECT_EQ(client.receive()->refused().reason(),
              "generation 7 is in force, not 6, which this change is relative to; send a snapshot");
}

}  // namespace
}  // namespace waggle::api
