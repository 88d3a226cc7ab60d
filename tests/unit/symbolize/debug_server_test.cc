#include "libtrack/symbolize/debug_server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/support/scratch_directory.h"

namespace mqtrack::symbolize {
namespace {

TEST(DebugServer, WhatTheDistributionInstalls) {
  for (const char* path : {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2", "/usr/lib64/x.so",
                           "/usr/libexec/tool", "/lib/x.so", "/bin/sh", "/usr/sbin/mosquitto"}) {
    EXPECT_TRUE(IsDistributionFile(path)) << path;
  }
  for (const char* path : {"/library/secret.so", "/usr/local/lib/x.so", "/usr/library/x.so", "/opt/lib/x.so", "/lib",
                           "lib/x.so", "/usr/lib/../../opt/x.so", "/srv/bin/x", ""}) {
    EXPECT_FALSE(IsDistributionFile(path)) << path;
  }
}

constexpr char kTwoServers[] =
    "debuginfod_find_debuginfo abab\n"
    "checking cache dir /home/user/a cache\n"
    "init server 0 http://one/buildid\n"
    "init server 1 http://two/buildid\n"
    "url 0 http://one/buildid/abab/debuginfo\n"
    "url 1 http://two/buildid/abab/debuginfo\n"
    "query 2 urls in parallel\n"
    "header HTTP/1.0 500 Internal Server Error\n"
    "server response HTTP response code said error\n"
    "url 0 The requested URL returned error: 404\n"
    "server response HTTP response code said error\n"
    "url 1 The requested URL returned error: 500\n"
    "Retry failed query, 1 attempt(s) remaining\n"
    "server response HTTP response code said error\n"
    "url 1 The requested URL returned error: 500\n"
    "not found No such file or directory (err=-2)\n";

// That the second has none is not known: it failed.
TEST(DebugServer, AServerThatFailsIsToldFromOneThatHasNone) {
  const ServerAnswers answers = ReadServerAnswers(kTwoServers);
  EXPECT_EQ(answers.servers, 2);
  EXPECT_EQ(answers.failed, 1);
  EXPECT_EQ(answers.failure, "a server fails: The requested URL returned error: 500");
  EXPECT_EQ(answers.cache, "/home/user/a cache");
}

TEST(DebugServer, WhatTheCacheKnowsNobodyHasFailedAt) {
  const ServerAnswers answers = ReadServerAnswers("checking build-id\nchecking cache dir /c\nnot found (err=-2)\n");
  EXPECT_EQ(answers.servers, 0);
  EXPECT_EQ(answers.failed, 0);
}

// As mqtrack serve does. A race shows where it is looked for (the preset tsan), or ends the library.
TEST(DebugServer, AnyThreadMayAsk) {
  const mqtrack::testing::ScratchDirectory folder;
  ::setenv("DEBUGINFOD_CACHE_PATH", folder.File("cache").c_str(), 1);
  DebugServerOptions options;
  options.urls = "file://" + folder.File("served");
  options.ask_for_all = true;
  const auto server = DebugServer::Open(std::move(options));
  if (!server) GTEST_SKIP() << server.error().ToString();
  std::vector<std::thread> threads;
  for (char digit = 'a'; digit < 'e'; ++digit) {
    threads.emplace_back([&, digit] {
      for (int i = 10; i < 30; ++i) {
        std::string note;
        EXPECT_FALSE((*server)->Find(DebugServer::What::kDebug, std::string(30, digit) + std::to_string(i), "x", note));
        EXPECT_EQ(note, "");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace mqtrack::symbolize
