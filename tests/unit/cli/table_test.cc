#include "control/cli/table.hh"

#include <gtest/gtest.h>

#include "control/cli/quantity.hh"

namespace waggle::cli {
namespace {

table sample() {
    table rows({{"NAME", alignment::left, 0, false},
                {"COUNT", alignment::right, 0, false},
                {"HOST", alignment::left, 2, false},
                {"DETAIL", alignment::left, 1, true}});
    rows.add({"a", "7", "alpha", "all is well with this one"});
    rows.add({"longer", "12345", "b", ""});
    return rows;
}

TEST(table, columns_are_as_wide_as_their_contents) {
    EXPECT_EQ(sample().render(200),
              "NAME    COUNT  HOST   DETAIL\n"
              "a           7  alpha  all is well with this one\n"
              "longer  12345  b\n");
}

TEST(table, exactly_fitting_is_left_alone) {
    EXPECT_EQ(sample().render(47), sample().render(200));
}

TEST(table, long_cells_are_shortened_first) {
    EXPECT_EQ(sample().render(40),
              "NAME    COUNT  HOST   DETAIL\n"
              "a           7  alpha  all is well wit...\n"
              "longer  12345  b\n");
}

TEST(table, then_columns_leave_in_their_order) {
    EXPECT_EQ(sample().render(32),
              "NAME    COUNT  DETAIL\n"
              "a           7  all is well wi...\n"
              "longer  12345\n");
    EXPECT_EQ(sample().render(26),
              "NAME    COUNT\n"
              "a           7\n"
              "longer  12345\n");
}

TEST(table, what_must_stay_stays) {
    EXPECT_EQ(sample().render(5), sample().render(26));
}

TEST(table, without_rows_there_are_titles) {
    EXPECT_EQ(table({{"NAME", alignment::left, 0, false}}).render(80), "NAME\n");
    EXPECT_TRUE(table({}).empty());
}

TEST(table, missing_cells_are_empty_and_control_characters_are_not_printed) {
    table rows({{"A", alignment::left, 0, false}, {"B", alignment::left, 0, false}});
    rows.add({"\x1b[31mred\n"});
    EXPECT_EQ(rows.render(80),
              "A          B\n"
              "?[31mred?\n");
}

/// Every width: no line is longer than it, unless nothing more can be left out.
TEST(table, fits_every_width) {
    for (std::size_t width = 13; width < 60; ++width) {
        const std::string text = sample().render(width);
        for (std::size_t start = 0; start < text.size();) {
            const std::size_t end = text.find('\n', start);
            EXPECT_LE(end - start, width) << text;
            start = end + 1;
        }
    }
}

TEST(text, characters_count_not_bytes) {
    EXPECT_EQ(display_width("caf\xc3\xa9"), 4U);
    EXPECT_EQ(shortened("caf\xc3\xa9", 4), "caf\xc3\xa9");
    EXPECT_EQ(shortened("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4), "\xc3\xa9...");
    EXPECT_EQ(shortened("abcdef", 2), "..");
    EXPECT_EQ(shortened("abcdef", 0), "");
}

TEST(text, is_broken_at_spaces) {
    EXPECT_EQ(wrapped("one two three", 200, 2), "one two three");
    EXPECT_EQ(wrapped("one two three", 9, 2), "one two\n  three");
    EXPECT_EQ(wrapped("one two three", 8, 2), "one\n  two\n  three");
    EXPECT_EQ(wrapped("a-very-long-word b", 5, 2), "a-very-long-word\n  b");
    EXPECT_EQ(wrapped("", 5, 2), "");
}

TEST(quantity, durations) {
    EXPECT_EQ(duration_text(0), "0s");
    EXPECT_EQ(duration_text(59), "59s");
    EXPECT_EQ(duration_text(60), "1m 0s");
    EXPECT_EQ(duration_text(3599), "59m 59s");
    EXPECT_EQ(duration_text(3600), "1h 0m");
    EXPECT_EQ(duration_text(86399), "23h 59m");
    EXPECT_EQ(duration_text(90000), "1d 1h");
}

TEST(quantity, bytes) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(1023), "1023 B");
    EXPECT_EQ(bytes_text(1024), "1.0 KiB");
    EXPECT_EQ(bytes_text(1536), "1.5 KiB");
    EXPECT_EQ(bytes_text(1048575), "1.0 MiB");
    EXPECT_EQ(bytes_text(std::uint64_t{3} << 30U), "3.0 GiB");
    EXPECT_EQ(bytes_text(~std::uint64_t{0}), "16384.0 PiB");
}

TEST(quantity, rates) {
    EXPECT_EQ(rate_text(0), "0/s");
    EXPECT_EQ(rate_text(0.5), "0.5/s");
    EXPECT_EQ(rate_text(999.94), "999.9/s");
    EXPECT_EQ(rate_text(999.96), "1.0k/s");
    EXPECT_EQ(rate_text(1.25e6), "1.2M/s");
    EXPECT_EQ(rate_text(2e9), "2.0G/s");
}

}  // namespace
}  // namespace waggle::cli
