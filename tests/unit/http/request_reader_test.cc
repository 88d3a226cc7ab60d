// Bytes of a connection become requests, or are refused with the status that says why.
#include "libtrack/http/request_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace mqtrack::http {
namespace {

using State = RequestReader::State;

std::string Get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

TEST(RequestReader, ReadsARequest) {
  RequestReader reader;
  ASSERT_EQ(reader.Feed(Get("/a%20b/c?x=1+2&y=%41&x=3&z")), State::kRequest);
  const Request& request = reader.request();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a b/c");
  EXPECT_EQ(request.Query("x"), "1 2");
  EXPECT_EQ(request.Query("y"), "A");
  EXPECT_EQ(request.Query("z"), "");
  EXPECT_EQ(request.Query("w"), std::nullopt);
  EXPECT_EQ(request.Header("host"), "localhost");
  EXPECT_TRUE(request.keeps_alive);
}

TEST(RequestReader, TakesItByteByByte) {
  RequestReader reader;
  const std::string bytes = "POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) ASSERT_EQ(reader.Feed(bytes.substr(i, 1)), State::kMore) << i;
  ASSERT_EQ(reader.Feed("c"), State::kRequest);
  EXPECT_EQ(reader.request().body, "abc");
}

TEST(RequestReader, KeepsWhatComesBehind) {
  RequestReader reader;
  ASSERT_EQ(reader.Feed(Get("/one") + Get("/two") + "GET /th"), State::kRequest);
  EXPECT_EQ(reader.request().path, "/one");
  ASSERT_EQ(reader.Next(), State::kRequest);
  EXPECT_EQ(reader.request().path, "/two");
  EXPECT_EQ(reader.Next(), State::kMore);
  EXPECT_FALSE(reader.IsIdle());
}

TEST(RequestReader, KnowsWhenTheConnectionEnds) {
  RequestReader old;
  ASSERT_EQ(old.Feed("GET / HTTP/1.0\r\n\r\n"), State::kRequest);
  EXPECT_FALSE(old.request().keeps_alive);
  RequestReader closes;
  ASSERT_EQ(closes.Feed(Get("/", "Connection: Close\r\n")), State::kRequest);
  EXPECT_FALSE(closes.request().keeps_alive);
}

struct Refusal {
  std::string bytes;
  int status;
};
class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, SaysWhy) {
  RequestReader reader;
  ASSERT_EQ(reader.Feed(GetParam().bytes), State::kBad) << GetParam().bytes.substr(0, 80);
  EXPECT_EQ(reader.status(), GetParam().status);
  EXPECT_FALSE(reader.problem().empty());
  EXPECT_EQ(reader.Feed("more"), State::kBad);
  EXPECT_EQ(reader.Next(), State::kBad);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Refused,
    ::testing::Values(Refusal{"GET /\r\n\r\n", 400}, Refusal{"GET / FTP/1.1\r\n\r\n", 400},
                      Refusal{"GET / HTTP/3.0\r\n\r\n", 505}, Refusal{"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                      Refusal{"GET / HTTP/1.1\r\n\r\n", 400}, Refusal{Get("/%"), 400}, Refusal{Get("/%00"), 400},
                      Refusal{Get("a"), 400}, Refusal{Get("/\x01"), 400}, Refusal{Get("/", "A : b\r\n"), 400},
                      Refusal{Get("/", " folded\r\n"), 400}, Refusal{Get("/", "A: b\x01\r\n"), 400},
                      Refusal{Get("/", "Host: other\r\n"), 400},
                      Refusal{Get("/", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400},
                      Refusal{Get("/", "Content-Length: +1\r\n"), 400}, Refusal{Get("/", "Content-Length:\r\n"), 400},
                      Refusal{Get("/", "Content-Length: 65537\r\n"), 413},
                      Refusal{Get("/", "Transfer-Encoding: chunked\r\n"), 501},
                      Refusal{Get("/" + std::string(5000, 'a')), 414}, Refusal{"GET /" + std::string(20000, 'a'), 414},
                      Refusal{Get("/", "A: " + std::string(20000, 'b') + "\r\n"), 431}));

TEST(RequestReader, BoundsTheNumberOfHeaders) {
  std::string headers;
  for (int i = 0; i < 100; ++i) headers += "A" + std::to_string(i) + ": b\r\n";
  RequestReader reader;
  EXPECT_EQ(reader.Feed(Get("/", headers)), State::kBad);
  EXPECT_EQ(reader.status(), 431);
}

}  // namespace
}  // namespace mqtrack::http
