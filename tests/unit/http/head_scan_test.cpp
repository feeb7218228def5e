// HeadScan alone: the verdict does not depend on where the bytes were cut.
#include "frontends/http/head_scan.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace vz::http {
namespace {

Verdict whole(const std::string& bytes) {
    HeadScan scan;
    return scan.look(bytes);
}

TEST(HeadScan, every_cut_gives_the_same_verdict) {
    std::mt19937 random(20240607);
    const std::string base =
        "POST /collections/a?x=1 HTTP/1.1\r\nHost: localhost:15002\r\nContent-Length: 12\r\nA: b\r\n\r\n";
    const std::string alphabet = "\r\n\t :;aH1/\x01\x80,";
    for (int round = 0; round < 3000; ++round) {
        auto bytes = base;
        for (int i = 0; i < 2; ++i) bytes[random() % bytes.size()] = alphabet[random() % alphabet.size()];
        const auto expected = whole(bytes);
        HeadScan scan;
        auto verdict = Verdict::kMore;
        for (size_t size = 1; size <= bytes.size() && verdict == Verdict::kMore; ++size)
            verdict = scan.look(bytes.substr(0, size));
        EXPECT_EQ(verdict, expected) << bytes;
    }
}

TEST(HeadScan, knows_its_size_and_length) {
    const std::string bytes = "\r\nPOST /x HTTP/1.1\r\nHost: a\r\ncontent-length: 007\r\n\r\nbody";
    HeadScan scan;
    ASSERT_EQ(scan.look(bytes), Verdict::kComplete);
    EXPECT_EQ(scan.begin(), 2U);
    EXPECT_EQ(scan.size(), bytes.size() - 4);
    EXPECT_EQ(scan.content_length(), 7U);
    EXPECT_FALSE(scan.chunked());
}

TEST(HeadScan, limits_are_exact) {
    const auto line = [](size_t size) { return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1"; };
    EXPECT_EQ(whole(line(kRequestLineBytesMax) + "\r\nHost: a\r\n\r\n"), Verdict::kComplete);
    EXPECT_EQ(whole(line(kRequestLineBytesMax + 1) + "\r\nHost: a\r\n\r\n"), Verdict::kUriTooLong);
    const std::string head = "GET /x HTTP/1.1\r\nHost: a\r\nA: ";
    EXPECT_EQ(whole(head + std::string(kHeadBytesMax - head.size() - 4, 'a') + "\r\n\r\n"), Verdict::kComplete);
    EXPECT_EQ(whole(head + std::string(kHeadBytesMax - head.size() - 3, 'a') + "\r\n\r\n"), Verdict::kHeadTooLarge);
}

}  // namespace
}  // namespace vz::http
