#include "libtrack/topology/line_parser.h"

#include <gtest/gtest.h>

namespace mqtrack::topology {
namespace {

class LineParserTest : public testing::Test {
 protected:
  SpanRecord One(const std::string& line) {
    EXPECT_EQ(parser_.Parse(line), LineKind::kSpans) << line << parser_.problem();
    EXPECT_EQ(parser_.records().size(), 1u);
    return parser_.records().empty() ? SpanRecord() : parser_.records().front();
  }
  FieldNames names_;
  LineParser parser_{names_};
};

TEST_F(LineParserTest, AFlatLine) {
  const SpanRecord record = One(
      R"({"level":"info","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","parent_span_id":"b7",)"
      R"("service_name":"gateway","start_unix_ns":1790000000000000001,"duration_ns":42,"kind":"SERVER","status":"error"})");
  EXPECT_EQ(IdText(record.trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(record.span.low, 0x00f067aa0ba902b7u);
  EXPECT_EQ(record.parent.low, 0xb7u);
  EXPECT_EQ(record.service, "gateway");
  EXPECT_EQ(record.start_ns, 1790000000000000001);
  EXPECT_EQ(record.duration_ns, 42);
  EXPECT_EQ(record.kind, SpanKind::kServer);
  EXPECT_TRUE(record.is_error);
}

TEST_F(LineParserTest, NamesInObjectsAndWithDotsAreTheSame) {
  for (const char* line :
       {R"({"trace":{"id":"a"},"span":{"id":"b"},"service":{"name":"s"},"parent":{"id":"c"},"event":{"duration":7}})",
        R"({"trace.id":"a","span.id":"b","service.name":"s","parent.id":"c","event.duration":7})"}) {
    const SpanRecord record = One(line);
    EXPECT_EQ(record.service, "s");
    EXPECT_EQ(record.parent.low, 0xcu);
    EXPECT_EQ(record.duration_ns, 7);
  }
}

TEST_F(LineParserTest, OpenTelemetryWithItsResourceBehindTheSpans) {
  EXPECT_EQ(
      parser_.Parse(
          R"({"resourceSpans":[{"scopeSpans":[{"spans":[)"
          R"({"traceId":"01","spanId":"02","parentSpanId":"","startTimeUnixNano":"100000000000000000","endTimeUnixNano":"100000000000000500","kind":3},)"
          R"({"traceId":"01","spanId":"03","parentSpanId":"02","status":{"code":2}}]}],)"
          R"("resource":{"attributes":[{"key":"host","value":{"stringValue":"h"}},{"key":"service.name","value":{"stringValue":"a"}}]}},)"
          R"({"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"b"}}]},)"
          R"("scopeSpans":[{"spans":[{"traceId":"01","spanId":"04","attributes":[{"key":"http.status_code","value":{"intValue":"500"}}]}]}]}]})"),
      LineKind::kSpans);
  ASSERT_EQ(parser_.records().size(), 3u);
  EXPECT_EQ(parser_.records()[0].service, "a");
  EXPECT_EQ(parser_.records()[0].duration_ns, 500);
  EXPECT_EQ(parser_.records()[0].kind, SpanKind::kClient);
  EXPECT_FALSE(parser_.records()[0].parent.is_set());
  EXPECT_TRUE(parser_.records()[1].is_error);
  EXPECT_EQ(parser_.records()[1].service, "a");
  EXPECT_EQ(parser_.records()[2].service, "b");
  EXPECT_TRUE(parser_.records()[2].is_error);
}

TEST_F(LineParserTest, AttributesOfOpenTelemetryDoNotPassForIds) {
  EXPECT_EQ(
      parser_.Parse(
          R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},)"
          R"("scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","attributes":[{"key":"span_id","value":{"stringValue":"ff"}}]}]}]}]})"),
      LineKind::kSpans);
  EXPECT_EQ(parser_.records()[0].span.low, 2u);
}

TEST_F(LineParserTest, ListsOfZipkin) {
  EXPECT_EQ(
      parser_.Parse(
          R"([{"traceId":"1","id":"2","localEndpoint":{"serviceName":"a"}},{"traceId":"1","id":"3","parentId":"2","localEndpoint":{"serviceName":"b"}}])"),
      LineKind::kSpans);
  ASSERT_EQ(parser_.records().size(), 2u);
  EXPECT_EQ(parser_.records()[1].service, "b");
}

TEST_F(LineParserTest, OrdinaryLinesAndThoseWithoutServiceAreToldApartFromBrokenOnes) {
  EXPECT_EQ(parser_.Parse(R"({"msg":"started"})"), LineKind::kOther);
  EXPECT_EQ(parser_.Parse(R"({"resourceLogs":[]})"), LineKind::kOther);
  EXPECT_EQ(parser_.Parse("5"), LineKind::kOther);
  EXPECT_EQ(parser_.Parse(R"({"trace_id":"00000000000000000000000000000000","span_id":"0","service_name":"a"})"),
            LineKind::kOther);
  EXPECT_EQ(parser_.Parse(R"({"trace_id":"1","span_id":"2"})"), LineKind::kNoService);
  EXPECT_EQ(parser_.without_service(), 1);
  for (const char* line :
       {"", "x", R"({"trace_id":"1","span_id":"2","service_name":"a")", "{\"a\":\"\xff\"}", "{}{}", "{\"a\":1e999}"}) {
    EXPECT_EQ(parser_.Parse(line), LineKind::kBroken) << line;
    EXPECT_TRUE(parser_.problem().starts_with("byte ")) << parser_.problem();
    EXPECT_EQ(parser_.problem().find('\n'), std::string::npos);
    EXPECT_TRUE(parser_.records().empty());
  }
}

TEST_F(LineParserTest, ABrokenLineLeavesNothingToTheNext) {
  EXPECT_EQ(parser_.Parse(R"({"trace_id":"1","span_id":"2","parent_span_id":"9","service_name":"a","x":)"),
            LineKind::kBroken);
  EXPECT_FALSE(One(R"({"trace_id":"1","span_id":"3","service_name":"b"})").parent.is_set());
}

TEST_F(LineParserTest, DeepNestingIsRead) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_EQ(parser_.Parse("{\"x\":" + deep + "}"), LineKind::kOther);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"trace_id\":";
  EXPECT_EQ(parser_.Parse(objects + "1" + std::string(100'000, '}')), LineKind::kOther);
}

TEST_F(LineParserTest, TheSurestKeyCountsInWhateverOrder) {
  EXPECT_EQ(One(R"({"id":"9","trace_id":"1","span_id":"2","service":"x","service_name":"a"})").span.low, 2u);
  EXPECT_EQ(One(R"({"trace_id":"1","span_id":"2","id":"9","service_name":"a","service":"x"})").service, "a");
}

TEST_F(LineParserTest, KeysOfTheUsersOwn) {
  ASSERT_TRUE(names_.Set("trace=req.id"));
  ASSERT_TRUE(names_.Set("duration=took:us"));
  const SpanRecord record =
      One(R"({"req":{"id":"77"},"trace_id":"1","span_id":"2","service":"a","took":1.5,"duration_ms":9})");
  EXPECT_EQ(record.trace.low, 0x77u);
  EXPECT_EQ(record.duration_ns, 1500);
}

TEST_F(LineParserTest, WhatCannotBeSetIsSaid) {
  EXPECT_NE(names_.Set("trase=x").error().text.find("did you mean trace?"), std::string::npos);
  EXPECT_FALSE(names_.Set("trace"));
  EXPECT_FALSE(names_.Set("trace="));
  EXPECT_FALSE(names_.Set("=x"));
  EXPECT_NE(names_.Set("duration=x:weeks").error().text.find("ns, us, ms, s"), std::string::npos);
}

TEST_F(LineParserTest, IdsThatAreNoHexadecimalNumbersAreToldApart) {
  EXPECT_EQ(ParseId("order-1"), ParseId("order-1"));
  EXPECT_NE(ParseId("order-1"), ParseId("order-2"));
  EXPECT_EQ(ParseId("00ab"), ParseId("AB"));
  EXPECT_EQ(IdText(ParseId("order-1")), "");
  EXPECT_FALSE(ParseId("").is_set());
  EXPECT_FALSE(ParseId("0000").is_set());
  EXPECT_TRUE(ParseId("123e4567-e89b-12d3-a456-426614174000").is_set());
}

}  // namespace
}  // namespace mqtrack::topology
