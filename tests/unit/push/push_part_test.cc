#include "libtrack/push/push_part.h"

#include <gtest/gtest.h>

#include "libtrack/profile/sample_types.h"
#include "libtrack/push/push_request.h"

namespace mqtrack::push {
namespace {

using profile::Profile;

/// One stack that holds `live` bytes and has allocated `ever`.
Profile Taken(std::int64_t seconds, std::int64_t live, std::int64_t ever) {
  Profile profile;
  profile.sample_types = {profile::WithUnit(profile::kAllocSpace), profile::WithUnit(profile::kInuseSpace)};
  profile.functions = {{"Leak", "Leak", "leak.cc", 1}};
  profile.locations.push_back({});
  profile.locations[0].lines = {{profile::FunctionId{0}, 7}};
  profile.samples = {{{profile::LocationId{0}}, {ever, live}, {{"generation", "", seconds, ""}}}};
  profile.time_nanos = seconds * 1'000'000'000;
  profile.comments = {"mqtrack: target: secret command line"};
  return profile;
}

TEST(PushPartTest, AStateAndWhatWasAllocatedSince) {
  const Profile before = Taken(100, 50, 1000), after = Taken(160, 70, 5000);
  const auto first = MakeParts(before, nullptr, {});
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->size(), 1U);  // of the first one nobody knows since when it was allocated
  EXPECT_TRUE(first->front().is_state);
  EXPECT_EQ(first->front().types, std::vector<profile::ValueType>{profile::WithUnit(profile::kInuseSpace)});
  const auto next = MakeParts(after, &before, {});
  ASSERT_TRUE(next.ok());
  ASSERT_EQ(next->size(), 2U);
  EXPECT_FALSE(next->back().is_state);
  EXPECT_EQ(next->back().until_ns - next->back().from_ns, 60'000'000'000);
}

TEST(PushPartTest, APartIsTheSameAfterItLayInAFile) {
  PushPart part = MakeParts(Taken(100, 50, 1000), nullptr, {}).value().front();
  part.service = "mosquitto \xff";
  part.labels = {{"machine", "gw{7}"}};
  const auto again = DecodePart(EncodePart(part), "file");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->pprof, part.pprof);
  EXPECT_EQ(again->labels, part.labels);
  EXPECT_EQ(again->types, part.types);
  for (const char* bytes : {"", "\n", "{}\nx", "{\"schema\":7}\nx", "[1]\nx", "{\"schema\":\"mqtrack-push/1\"}\n"}) {
    EXPECT_FALSE(DecodePart(bytes, "file").ok()) << bytes;
  }
}

TEST(PushPartTest, HostileNamesStayWhereTheyBelong) {
  PushPart part;
  part.service = "a,b=c}{\"\r\nX-Evil: 1 &name=other#";
  part.labels = {{"machine", "\x01\x7f"}};
  part.pprof = "--mqtrack-part\r\n";
  const PushRequest pyroscope = MakeRequest(Store::kPyroscope, "http://store/", part);
  EXPECT_TRUE(pyroscope.url.starts_with("http://store/ingest?name=mqtrack%7Bservice_name%3Da_b_c"));
  EXPECT_EQ(pyroscope.url.find_first_of("\r\n #"), std::string::npos);
  EXPECT_EQ(pyroscope.url.find("name=other"), std::string::npos);
  // The line that separates the parts of the form is none of the profile's.
  const std::string boundary = pyroscope.headers[0].second.substr(pyroscope.headers[0].second.find('=') + 1);
  EXPECT_EQ(part.pprof.find(boundary), std::string::npos);
  const PushRequest parca = MakeRequest(Store::kParca, "http://store", part);
  EXPECT_EQ(parca.url, "http://store/profiles/writeraw");
  EXPECT_EQ(parca.body.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace mqtrack::push
