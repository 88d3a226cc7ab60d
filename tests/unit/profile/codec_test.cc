// The pprof codec: bytes on the wire, round trips, and the traps that readers of the format set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/support/gzip.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;

// One protobuf field that holds bytes.
std::string Field(int number, const std::string& content) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(content.size()) + content;
}
// One protobuf field that holds a number below 128.
std::string Field(int number, int value) {
  return std::string{static_cast<char>(number << 3), static_cast<char>(value)};
}

const std::string kStrings = Field(6, "") + Field(6, "space") + Field(6, "bytes") + Field(6, "leak") + Field(6, "key");

// sample_type {space bytes}, one location with one line in function "leak".
const std::string kTables = Field(1, Field(1, 1) + Field(2, 2)) + Field(4, Field(1, 1) + Field(4, Field(1, 1))) +
                            Field(5, Field(1, 1) + Field(2, 3)) + kStrings;

Profile MustDecode(const std::string& bytes) {
  auto profile = DecodePprof(bytes, "test.pb");
  EXPECT_TRUE(profile.ok()) << profile.error().ToString();
  return profile.ok() ? *profile : Profile{};
}

std::string ErrorOf(const std::string& bytes) {
  const auto profile = DecodePprof(bytes, "test.pb");
  EXPECT_FALSE(profile.ok());
  if (profile.ok()) return "";
  EXPECT_EQ(profile.error().where, "test.pb");
  EXPECT_EQ(profile.error().code, support::ErrorCode::kBadInput);
  return profile.error().text;
}

TEST(DecodePprof, ReadsAHandWrittenMessage) {
  const Profile profile = MustDecode(Field(2, Field(1, "\x01") + Field(2, "\x2a")) + kTables);
  ASSERT_EQ(profile.samples.size(), 1u);
  EXPECT_EQ(profile.sample_types[0], (ValueType{"space", "bytes"}));
  EXPECT_THAT(profile.samples[0].values, ElementsAre(42));
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "leak");
}

TEST(DecodePprof, ReadsGzipAndRaw) {
  EXPECT_EQ(MustDecode(support::Gzip(kTables)).functions.size(), 1u);
  EXPECT_EQ(MustDecode(kTables).functions.size(), 1u);
}

TEST(DecodePprof, ReadsPackedAndUnpackedNumbers) {
  const Profile packed = MustDecode(Field(2, Field(1, "\x01\x01\x01") + Field(2, "\x05")) + kTables);
  const Profile unpacked = MustDecode(Field(2, Field(1, 1) + Field(1, 1) + Field(1, 1) + Field(2, 5)) + kTables);
  EXPECT_EQ(packed.samples[0].locations, unpacked.samples[0].locations);
  EXPECT_EQ(packed.samples[0].locations.size(), 3u);
  EXPECT_EQ(packed.samples[0].values, unpacked.samples[0].values);
}

TEST(DecodePprof, ReadsNegativeValues) {
  const std::string minus_one = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s;
  EXPECT_THAT(MustDecode(Field(2, Field(2, minus_one)) + kTables).samples[0].values, ElementsAre(-1));
}

TEST(DecodePprof, SkipsUnknownFields) {
  const std::string unknown = "\xa0\x06\x07"s + "\xaa\x06\x02hi"s;  // fields 100 and 101
  EXPECT_EQ(MustDecode(unknown + kTables + unknown).functions.size(), 1u);
  EXPECT_EQ(MustDecode(Field(2, unknown + Field(2, 9)) + kTables).samples[0].values[0], 9);
}

TEST(DecodePprof, AcceptsSparseIdsInAnyOrder) {
  const std::string bytes = Field(1, Field(1, 1)) + kStrings + Field(2, Field(1, 77) + Field(2, 1)) +
                            Field(4, Field(1, 77) + Field(4, Field(1, 9) + Field(2, 5))) + Field(4, Field(1, 3)) +
                            Field(5, Field(1, 50) + Field(2, 4)) + Field(5, Field(1, 9) + Field(2, 3));
  const Profile profile = MustDecode(bytes);
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "leak");
  EXPECT_EQ(profile.locations[0].lines[0].line, 5);
}

TEST(DecodePprof, DropsLabelsThatSayNothing) {
  const std::string empty = Field(3, Field(1, 4));
  const std::string zero_with_unit = Field(3, Field(1, 4) + Field(4, 2));
  const std::string text = Field(3, Field(1, 4) + Field(2, 3));
  const Profile profile = MustDecode(Field(2, Field(2, 1) + empty + zero_with_unit + text) + kTables);
  EXPECT_THAT(profile.samples[0].labels, ElementsAre(Label{"key", "", 0, "bytes"}, Label{"key", "leak", 0, ""}));
}

TEST(DecodePprof, RefusesWhatContradictsItself) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf(Field(1, Field(1, 0))), HasSubstr("no string table"));
  EXPECT_THAT(ErrorOf(Field(6, "x")), HasSubstr("first string of the table should be empty (offset 2 of 3)"));
  EXPECT_THAT(ErrorOf(Field(1, Field(1, 9)) + kStrings), HasSubstr("string 9 of 5"));
  EXPECT_THAT(ErrorOf(Field(2, Field(2, "\x01\x02")) + kTables), HasSubstr("a sample has 2 values, expected 1"));
  EXPECT_THAT(ErrorOf(Field(2, Field(2, 1)) + kStrings), HasSubstr("samples but no sample types"));
  EXPECT_THAT(ErrorOf(Field(2, Field(1, 8) + Field(2, 1)) + kTables), HasSubstr("there is no location with id 8"));
  EXPECT_THAT(ErrorOf(Field(1, "") + Field(2, Field(2, 1)) + kStrings), HasSubstr("sample type 0 has no name"));
  EXPECT_THAT(ErrorOf(Field(1, Field(2, 2)) + kStrings), HasSubstr("sample type 0 has no name"));
  EXPECT_THAT(ErrorOf(Field(1, Field(1, 1)) + kTables), HasSubstr("sample type space appears twice"));
  EXPECT_THAT(ErrorOf(Field(4, Field(1, 2) + Field(2, 5)) + kTables), HasSubstr("there is no mapping with id 5"));
  EXPECT_THAT(ErrorOf(Field(4, Field(1, 2) + Field(4, Field(1, 6))) + kTables), HasSubstr("no function with id 6"));
  EXPECT_THAT(ErrorOf(Field(5, Field(1, 1)) + kTables), HasSubstr("function id 1 appears twice"));
  EXPECT_THAT(ErrorOf(Field(5, Field(2, 1)) + kTables), HasSubstr("function id 0 is not allowed"));
  EXPECT_THAT(ErrorOf(Field(9, 1) + Field(9, 2) + kTables), HasSubstr("concatenated"));
  EXPECT_THAT(ErrorOf(Field(2, 1) + kTables), HasSubstr("field 2 should be a message"));
  EXPECT_THAT(ErrorOf(Field(9, "x") + kTables), HasSubstr("field 9 should be a number"));
}

// All names are written as UTF-8. What only then becomes equal, or equal to nothing, is so from the beginning.
TEST(DecodePprof, AcceptsOnlyWhatCanBeReadAgainOnceItIsWritten) {
  const std::string two_bad = Field(6, "\xff") + Field(6, "\xfe");  // strings 5 and 6
  const std::string types = Field(1, Field(1, 5)) + Field(1, Field(1, 6));
  EXPECT_THAT(ErrorOf(types + kStrings + two_bad), HasSubstr("sample type \xef\xbf\xbd appears twice"));
  const std::string label = Field(3, Field(1, 5) + Field(4, 6));
  const Profile profile = MustDecode(Field(2, Field(2, 1) + label) + kTables + two_bad);
  EXPECT_THAT(profile.samples[0].labels, ElementsAre(Label{"\xef\xbf\xbd", "", 0, ""}));
  EXPECT_EQ(MustDecode(EncodePprof(profile)).samples[0].labels, profile.samples[0].labels);
}

TEST(DecodePprof, NamesTruncation) {
  EXPECT_THAT(ErrorOf(kTables.substr(0, kTables.size() - 1)), HasSubstr("truncated"));
  EXPECT_THAT(ErrorOf(support::Gzip(kTables).substr(0, 20)), HasSubstr("truncated"));
}

TEST(DecodePprof, EveryTruncationIsAnErrorOrAValidProfile) {
  const std::string bytes = *support::Gunzip(
      EncodePprof(*SampleProfile(OneType("space", "bytes")).Add({"a", "b"}, {1}, {{"thread", "x", 0, ""}})), "",
      1 << 20);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto profile = DecodePprof(std::string(bytes, 0, size), "");
    EXPECT_TRUE(!profile.ok() || Validate(*profile, "").ok()) << size;
  }
}

TEST(DecodePprof, BoundsTheMemoryASmallFileCanAskFor) {
  // One string of 1 MiB, named by 100,000 functions of a few bytes each: 100 GB of names.
  std::string bytes = Field(6, "");
  const std::string big(1 << 20, 'x');
  bytes += "\x32\x80\x80\x40"s + big;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const std::uint32_t id = i + 1;
    const std::string varint{static_cast<char>((id & 0x7f) | 0x80), static_cast<char>((id >> 7 & 0x7f) | 0x80),
                             static_cast<char>(id >> 14 & 0x7f)};
    bytes += Field(5, "\x08" + varint + "\x10\x01");
  }
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("more memory than is accepted"));
  EXPECT_FALSE(DecodePprof(support::Gzip(std::string(1 << 22, '\0')), "", 1 << 20).ok());
}

TEST(EncodePprof, RoundTripsEverything) {
  SampleProfile built({{"threads", "count"}, {"inuse_space", "bytes"}});
  built.Add({"leak", "handle", "main"}, {0, 123456789012345}, {{"generation", "", 3, ""}, {"thread", "io", 0, ""}});
  built.Add({"start", "main"}, {1, -7}, {{"size", "", 64, "bytes"}});
  built->locations[0].lines.insert(built->locations[0].lines.begin(), {FunctionId{2}, 99});
  built->locations[1].folded = true;
  built->drop_frames = "malloc|free";
  built->keep_frames = "keep";
  built->time_nanos = 1'700'000'000'000'000'000;
  built->duration_nanos = 5;
  built->period = 524288;
  built->comments = {"mqtrack: mode: exact", "hello"};
  built->default_sample_type = "inuse_space";
  built->doc_url = "https://example.org";
  const Profile& profile = *built;
  const Profile decoded = MustDecode(EncodePprof(profile));

  EXPECT_EQ(decoded.sample_types, profile.sample_types);
  EXPECT_EQ(decoded.functions, profile.functions);
  ASSERT_EQ(decoded.samples.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(decoded.samples[i].locations, profile.samples[i].locations);
    EXPECT_EQ(decoded.samples[i].values, profile.samples[i].values);
    EXPECT_EQ(decoded.samples[i].labels, profile.samples[i].labels);
  }
  ASSERT_EQ(decoded.locations.size(), profile.locations.size());
  for (std::size_t i = 0; i < decoded.locations.size(); ++i) {
    EXPECT_EQ(decoded.locations[i].address, profile.locations[i].address);
    EXPECT_EQ(decoded.locations[i].lines, profile.locations[i].lines);
    EXPECT_EQ(decoded.locations[i].folded, profile.locations[i].folded);
    EXPECT_EQ(decoded.locations[i].mapping, profile.locations[i].mapping);
  }
  const Mapping& mapping = decoded.mappings.at(0);
  EXPECT_EQ(mapping.start, 0x400000u);
  EXPECT_EQ(mapping.limit, 0x500000u);
  EXPECT_EQ(mapping.build_id, "abcd");
  EXPECT_TRUE(mapping.has_functions && mapping.has_inline_frames);
  EXPECT_EQ(decoded.comments, profile.comments);
  EXPECT_EQ(decoded.drop_frames, profile.drop_frames);
  EXPECT_EQ(decoded.keep_frames, profile.keep_frames);
  EXPECT_EQ(decoded.time_nanos, profile.time_nanos);
  EXPECT_EQ(decoded.duration_nanos, profile.duration_nanos);
  EXPECT_EQ(decoded.period, profile.period);
  EXPECT_EQ(decoded.period_type, profile.period_type);
  EXPECT_EQ(decoded.default_sample_type, profile.default_sample_type);
  EXPECT_EQ(decoded.doc_url, profile.doc_url);
  EXPECT_EQ(EncodePprof(decoded), EncodePprof(profile));
}

TEST(EncodePprof, KeepsNumericLabelsThatAreZero) {
  const Profile profile = *SampleProfile(OneType("space", "bytes")).Add({"a"}, {1}, {{"generation", "", 0, ""}});
  EXPECT_THAT(MustDecode(EncodePprof(profile)).samples[0].labels, ElementsAre(Label{"generation", "", 0, ""}));
}

TEST(EncodePprof, GivesEveryLocationALineAndEverySampleAStack) {
  SampleProfile built(OneType("fds", "count"));
  built.Add({"open"}, {1}).Add({}, {4});
  built->locations[0].lines.clear();
  built->locations.push_back({MappingId::kNone, 0x7f12, {}, false});
  const Profile decoded = MustDecode(EncodePprof(*built));
  EXPECT_EQ(StackOf(decoded, decoded.samples[0]), "broker+0x1000");
  EXPECT_EQ(StackOf(decoded, decoded.samples[1]), "[no stack recorded]");
  EXPECT_EQ(decoded.function(decoded.locations[1].lines.at(0).function).name, "0x7f12");
}

TEST(EncodePprof, WritesAPeriodTypeWhereThereIsNone) {
  SampleProfile built(OneType("fds", "count"));
  built->period_type = {};
  EXPECT_EQ(MustDecode(EncodePprof(*built)).period_type, (ValueType{"space", "bytes"}));
}

TEST(EncodePprof, WritesValidUtf8Only) {
  const Profile decoded =
      MustDecode(EncodePprof(*SampleProfile(OneType("x", "y")).Add({"a\xff\xc3\xa9\xed\xa0\x80"}, {1})));
  EXPECT_EQ(decoded.functions[0].name, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Validate, FindsBrokenReferences) {
  const auto check = [](auto change) {
    SampleProfile built(OneType("x", "count"));
    built.Add({"a"}, {1});
    change(*built);
    const support::Status status = Validate(*built, "p");
    return status.ok() ? std::string() : status.error().text;
  };
  EXPECT_EQ(check([](Profile&) {}), "");
  EXPECT_THAT(check([](Profile& p) { p.samples[0].locations[0] = LocationId{7}; }), HasSubstr("location 7 of 1"));
  EXPECT_THAT(check([](Profile& p) { p.samples[0].values.push_back(1); }), HasSubstr("2 values for 1 sample types"));
  EXPECT_THAT(check([](Profile& p) { p.locations[0].mapping = MappingId{3}; }), HasSubstr("mapping 3 of 1"));
  EXPECT_THAT(check([](Profile& p) { p.locations[0].lines[0].function = FunctionId{3}; }),
              HasSubstr("function 3 of 1"));
  EXPECT_THAT(check([](Profile& p) { p.samples[0].labels.push_back({"", "x", 0, ""}); }), HasSubstr("without a key"));
  EXPECT_THAT(check([](Profile& p) { p.samples[0].labels.push_back({"k", "x", 1, ""}); }), HasSubstr("both"));
  EXPECT_THAT(check([](Profile& p) {
                p.samples[0].labels = {{"b", "x", 0, ""}, {"a", "x", 0, ""}};
              }),
              HasSubstr("not sorted"));
}

}  // namespace
}  // namespace mqtrack::profile
