#include "dataplane/port/joining.hh"

#include <cerrno>

#include <gtest/gtest.h>

namespace waggle {
namespace {

/// Seconds until it is tried again.
unsigned pause(joining& subject) {
    for (unsigned seconds = 1; seconds <= 2 * joining::longest_pause; ++seconds) {
        subject.check();
        if (subject.is_on()) return seconds;
    }
    return 0;
}

TEST(joining, is_tried_ever_later_while_it_fails) {
    joining subject;
    for (unsigned expected = joining::first_pause; expected < joining::longest_pause; expected *= 2) {
        subject.refused(EINVAL);
        EXPECT_FALSE(subject.is_on());
        EXPECT_EQ(pause(subject), expected);
    }
    for (int i = 0; i < 3; ++i) {
        subject.refused(EINVAL);
        EXPECT_EQ(pause(subject), joining::longest_pause);
    }
}

TEST(joining, is_trusted_again_after_a_while) {
    joining subject;
    subject.worked();
    for (int i = 0; i < 3; ++i) {
        subject.refused(EMSGSIZE);
        EXPECT_EQ(subject.news(), i == 0 ? std::optional(EMSGSIZE) : std::nullopt) << "one line for all";
        pause(subject);
    }
    for (unsigned second = 0; second < joining::trusted_after; ++second) subject.check();
    subject.refused(EIO);
    EXPECT_EQ(subject.news(), EIO);
    EXPECT_EQ(pause(subject), joining::first_pause);
    EXPECT_TRUE(subject.has_worked());
}

TEST(joining, begins_anew_with_another_interface) {
    joining subject;
    subject.worked();
    subject.refused(EINVAL);
    subject.reset();
    EXPECT_TRUE(subject.is_on());
    EXPECT_FALSE(subject.has_worked());
    EXPECT_EQ(subject.news(), std::nullopt);
}

}  // namespace
}  // namespace waggle
