#include "preload/recorder/packets/sent_packets.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace mqtrack::recorder {
namespace {

using namespace std::string_literals;

constexpr unsigned kConnack = 2, kPublish = 3, kPuback = 4, kPingresp = 13;

const std::string kConnackBytes = "\x20\x02\x00\x00"s, kPubackBytes = "\x40\x02\x00\x07"s, kPing = "\xd0\x00"s;

/// A PUBLISH with a body of this length.
std::string Publish(std::size_t body) {
  std::string bytes = "\x30";
  std::size_t rest = body;
  do {
    bytes += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest != 0);
  return bytes + std::string(body, 'x');
}

class SentPacketsTest : public testing::Test {
 protected:
  bool Write(const std::string& bytes) { return FollowSent(sent_, bytes.data(), bytes.size(), counts_); }

  SentPackets sent_ = {};
  PacketCounts counts_ = {};
};

TEST_F(SentPacketsTest, AreCountedWhenTheyAreComplete) {
  EXPECT_TRUE(Write(kConnackBytes));
  EXPECT_TRUE(Write(Publish(300).substr(0, 200)));
  EXPECT_EQ(counts_.of[kConnack], 1);
  EXPECT_EQ(counts_.of[kPublish], 0);
  EXPECT_TRUE(Write(Publish(300).substr(200)));
  EXPECT_EQ(counts_.of[kPublish], 1);
  EXPECT_EQ(counts_.types, 1u << kConnack | 1u << kPublish);
}

TEST_F(SentPacketsTest, MayHaveNoBody) {
  EXPECT_TRUE(Write(kPing + kPing + kPubackBytes));
  EXPECT_EQ(counts_.of[kPingresp], 2);
  EXPECT_EQ(counts_.of[kPuback], 1);
}

TEST_F(SentPacketsTest, HaveLengthsOfOneToFourBytes) {
  for (const std::size_t body : {127, 128, 16383, 16384, 2097151, 2097152}) EXPECT_TRUE(Write(Publish(body)));
  EXPECT_EQ(counts_.of[kPublish], 6);
  EXPECT_FALSE(Write("\x30\xff\xff\xff\xff\x01"s));
}

TEST_F(SentPacketsTest, InPiecesOfAnySize) {
  std::string all;
  for (std::size_t i = 0; i < 200; ++i) all += Publish(i * 7) + kPubackBytes + kPing;
  std::mt19937 random(1);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t count = std::min<std::size_t>(1 + random() % 50, all.size() - at);
    ASSERT_TRUE(Write(all.substr(at, count)));
    at += count;
  }
  EXPECT_EQ(counts_.of[kPublish], 200);
  EXPECT_EQ(counts_.of[kPuback], 200);
  EXPECT_EQ(counts_.of[kPingresp], 200);
}

TEST_F(SentPacketsTest, AreLostAfterWhatIsNone) {
  EXPECT_TRUE(Write(kConnackBytes));
  EXPECT_FALSE(Write("GET / HTTP/1.1\r\n"));
  EXPECT_EQ(sent_.is_lost, 1);
  EXPECT_EQ(counts_.of[kConnack], 1);
}

TEST_F(SentPacketsTest, AreTakenUpByAWriteOfWholeOnes) {
  sent_.is_lost = 1;
  EXPECT_FALSE(Write(Publish(50).substr(20)));
  EXPECT_FALSE(Write(Publish(50) + "\x30"));
  EXPECT_EQ(counts_.types, 0);
  EXPECT_TRUE(Write(Publish(50) + kPubackBytes));
  EXPECT_EQ(sent_.is_lost, 0);
  EXPECT_EQ(counts_.of[kPublish], 1);
  EXPECT_EQ(counts_.of[kPuback], 1);
  EXPECT_TRUE(Write(kPing.substr(0, 1)));
}

}  // namespace
}  // namespace mqtrack::recorder
