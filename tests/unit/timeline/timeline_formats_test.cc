// What the formats must hold whatever is told: sound messages, valid JSON, mended text, bounded pieces. The whole is
// read by an independent reader in tests/e2e/timeline_test.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>

#include "reports/timeline/chrome_trace.h"
#include "reports/timeline/perfetto_trace.h"

namespace mqtrack::reports {
namespace {

using timeline::Instant;
using timeline::Slice;
using timeline::Subject;
using timeline::Track;
using timeline::TrackId;

constexpr auto kProcess = static_cast<TrackId>(1), kThread = static_cast<TrackId>(2), kLane = static_cast<TrackId>(3),
               kCounter = static_cast<TrackId>(4);

template <typename Format>
void TellAll(Format& format) {
  format.Add(Track{.id = kProcess, .kind = Track::Kind::kProcess, .name = "b\"\xff", .pid = 5});
  format.Add(Track{.id = kThread, .parent = kProcess, .kind = Track::Kind::kThread, .name = "t\n", .pid = 5, .tid = 6});
  format.Add(Track{.id = kLane, .parent = kProcess, .name = "client \x01"});
  format.Add(
      Track{.id = kCounter, .parent = kProcess, .kind = Track::Kind::kCounter, .name = "live", .is_bytes = true});
  Slice slice = {.track = kThread, .subject = Subject::kPacket, .begin_ns = 1'234'567, .end_ns = 2'000'001};
  slice.name = "PUBLISH \xfe\\";
  slice.flows = {9};
  slice.live_growth = -5;
  slice.details.client = "\xc3";
  format.Add(slice);
  format.Add(Instant{.track = kLane, .subject = Subject::kSent, .ns = 1'300'000, .name = "PUBLISH sent", .flow = 9});
  format.Add(Instant{.track = kLane, .subject = Subject::kConnection, .ns = 1'400'000, .name = "closed"});
  format.Add(timeline::Value{kCounter, 1'500'000, -7});
}

TEST(PerfettoTraceTest, IsASequenceOfSoundPackets) {
  std::string bytes;
  TimelineOutput output([&](std::string_view piece) {
    bytes += piece;
    return support::Status();
  });
  PerfettoTrace trace(output);
  TellAll(trace);
  output.Flush();
  int packets = 0;
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    ASSERT_EQ(reader.tag(), 1u);
    protozero::pbf_reader packet = reader.get_message();
    while (packet.next()) packet.skip();
    ++packets;
  }
  EXPECT_EQ(packets, 4 + 2 + 2 + 1);
}

TEST(ChromeTraceTest, IsValidJsonWithWholeNanoseconds) {
  std::string bytes;
  TimelineOutput output([&](std::string_view piece) {
    bytes += piece;
    return support::Status();
  });
  ChromeTrace trace(output);
  TellAll(trace);
  trace.Finish();
  output.Flush();
  EXPECT_NE(bytes.find("\"ts\":1234.567,\"dur\":765.434"), std::string::npos) << bytes;
  const nlohmann::json events = nlohmann::json::parse(bytes);
  std::map<std::string, int> phases;
  for (const auto& event : events) ++phases[event.at("ph")];
  EXPECT_EQ(phases, (std::map<std::string, int>{{"C", 1}, {"M", 3}, {"X", 2}, {"f", 1}, {"i", 1}, {"s", 1}}));
}

TEST(ChromeTraceTest, OfNothingIsAnArray) {
  std::string bytes;
  TimelineOutput output([&](std::string_view piece) {
    bytes += piece;
    return support::Status();
  });
  ChromeTrace trace(output);
  trace.Finish();
  output.Flush();
  EXPECT_TRUE(nlohmann::json::parse(bytes).empty());
}

TEST(TimelineOutputTest, HandsOnPiecesAndStopsAtTheFirstFailure) {
  int pieces = 0;
  TimelineOutput output([&](std::string_view) -> support::Status {
    ++pieces;
    return support::Error{support::ErrorCode::kSystem, "full", "disk"};
  });
  for (int i = 0; i < 1'000'000; ++i) output.Append("0123456789");
  output.Flush();
  EXPECT_EQ(pieces, 1);
  EXPECT_FALSE(output.status());
}

}  // namespace
}  // namespace mqtrack::reports
