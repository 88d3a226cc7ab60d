// What a TARGET may be: a log, a profile, a URL, a process; and what is said when it is none of them.
#include "libtrack/snapshot/load_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <initializer_list>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/build_profile.h"
#include "libtrack/snapshot/fetch.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/file.h"
#include "tests/support/http_server.h"
#include "tests/support/log_builder.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::snapshot {
namespace {

using support::ErrorCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::LogBuilder;
using testing::OneAnswerServer;
using ::testing::StartsWith;

class LoadTargetTest : public ::testing::Test {
 protected:
  LoadTargetTest() {
    options_.log_dir = directory_.path();
    options_.symbolize = false;
  }
  // A log of this very process, which is surely alive, with one block of 100 bytes.
  std::string WriteOwnLog() {
    LogBuilder builder;
    const std::uint64_t ticks = procfs::ReadProcStatus(::getpid())->start_ticks;
    builder.header().pid = static_cast<std::uint32_t>(::getpid());
    builder.header().start_ticks = ticks;
    builder.header().epoch = 4;
    builder.Insert(log::Kind::kHeapBlock, 16, 100, builder.AddStack({0x1234}), log::LabelsId::kNone, 4);
    const std::string path = directory_.File(std::to_string(::getpid()) + "-" + std::to_string(ticks) + ".log");
    builder.Write(path);
    return path;
  }
  [[nodiscard]] std::string ProfileBytes() const {
    log::LogContent content;
    content.live.push_back({log::Kind::kHeapBlock, 16, 77, 0, log::StackId::kNone, log::LabelsId::kNone});
    return profile::EncodePprof(BuildProfile(content));
  }
  static std::int64_t InuseSpace(const profile::Profile& profile) {
    return profile::Total(profile, profile.sample_types.size() - 1);
  }
  static std::string Answer(const std::string& status, const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
           "Connection: close\r\n\r\n" + body;
  }
  testing::ScratchDirectory directory_;
  Options options_;
};

TEST_F(LoadTargetTest, ARunningProcessByPidNameAndLog) {
  const std::string path = WriteOwnLog();
  for (const std::string& target : {std::to_string(::getpid()), std::string("broker"), path}) {
    const auto profile = LoadTarget(target, options_);
    ASSERT_TRUE(profile) << target << ": " << profile.error().ToString();
    EXPECT_EQ(InuseSpace(*profile), 100);
    EXPECT_TRUE(profile::FindFact(*profile, "rss_bytes"));
    EXPECT_TRUE(profile::FindFact(*profile, "recorded_seconds"));
    EXPECT_GT(profile->time_nanos, 0);
  }
}

TEST_F(LoadTargetTest, TheStateSaysWhetherToLookAgain) {
  const std::string log = WriteOwnLog(), file = directory_.File("after.pb.gz");
  for (const std::string& target : {std::to_string(::getpid()), std::string("broker"), log}) {
    EXPECT_EQ(StateOfTarget(target, options_), TargetState::kRunning) << target;
  }
  EXPECT_EQ(StateOfTarget("http://127.0.0.1:1/debug/pprof/heap", options_), TargetState::kRunning);
  ASSERT_TRUE(support::WriteFile(file, ProfileBytes()));
  EXPECT_EQ(StateOfTarget(file, options_), TargetState::kSaved);
  EXPECT_EQ(StateOfTarget("no_such_process", options_), TargetState::kEnded);
  LogBuilder dead;
  dead.header().pid = 1;  // there is a process 1, but it was started at another time
  const std::string ended = directory_.File("1-77.log");
  dead.Write(ended);
  EXPECT_EQ(StateOfTarget(ended, options_), TargetState::kEnded);
  EXPECT_EQ(StateOfTarget("1", options_), TargetState::kEnded);
}

TEST_F(LoadTargetTest, EachSnapshotEndsAGeneration) {
  const std::string path = WriteOwnLog();
  const auto first = LoadTarget(path, options_), second = LoadTarget(path, options_);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(profile::FindFact(*first, "generation"), "4");
  EXPECT_EQ(profile::FindFact(*second, "generation"), "5");
  options_.advance_generation = false;
  EXPECT_EQ(profile::FindFact(*LoadTarget(path, options_), "generation"), "6");
  EXPECT_EQ(profile::FindFact(*LoadTarget(path, options_), "generation"), "6");
}

TEST_F(LoadTargetTest, ADeadProcesssLogIsNotChanged) {
  LogBuilder builder;
  builder.header().pid = 1;  // there is a process 1, but it was started at another time
  builder.Insert(log::Kind::kHeapBlock, 16, 50, builder.AddStack({0x1234}));
  const std::string path = directory_.File("1-77.log");
  builder.Write(path);
  const auto profile = LoadTarget(path, options_);
  ASSERT_TRUE(profile) << profile.error().ToString();
  EXPECT_EQ(InuseSpace(*profile), 50);
  EXPECT_FALSE(profile::FindFact(*profile, "rss_bytes"));
  EXPECT_EQ(*support::ReadFile(path), builder.Bytes());
}

TEST_F(LoadTargetTest, AProfileFile) {
  const std::string path = directory_.File("a.pb.gz");
  ASSERT_TRUE(support::WriteFile(path, ProfileBytes()));
  const auto profile = LoadTarget(path, options_);
  ASSERT_TRUE(profile) << profile.error().ToString();
  EXPECT_EQ(InuseSpace(*profile), 77);
}

TEST_F(LoadTargetTest, NamesThatOtherToolsLeftMangledAreReadable) {
  const std::string path = directory_.File("named.raw");
  ASSERT_TRUE(support::WriteFile(path,
                                 "--- symbol\n0x401010 _ZN5boost4asio3runEv\n0x401020 _Zgarbage\n---\n--- heap\n"
                                 "heap profile: 1: 8 [1: 8] @ heapprofile\n1: 8 [1: 8] @ 0x401010 0x401020\n"));
  const auto profile = LoadTarget(path, options_);
  ASSERT_TRUE(profile) << profile.error().ToString();
  ASSERT_EQ(profile->functions.size(), 2U);
  EXPECT_EQ(profile->functions[0].name, "boost::asio::run");
  EXPECT_EQ(profile->functions[0].system_name, "_ZN5boost4asio3runEv");
  EXPECT_EQ(profile->functions[1].name, "_Zgarbage");
}

TEST_F(LoadTargetTest, FilesThatAreNothing) {
  const std::string path = directory_.File("x.bin");
  ASSERT_TRUE(support::WriteFile(path, "nothing anybody would write"));
  const auto other = LoadTarget(path, options_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(other.error().text, AllOf(HasSubstr("neither a log nor a profile"), HasSubstr("pprof"),
                                        HasSubstr("gperftools"), HasSubstr("jemalloc")));
  const auto missing = LoadTarget(directory_.File("none.pb.gz"), options_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().text, "no such file");
  const auto folder = LoadTarget(directory_.path(), options_);
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().text, HasSubstr("is a directory"));
}

// In the folder of a service its program has its name, and so may its configuration, its output, a folder.
TEST_F(LoadTargetTest, WhatLiesInTheFolderDoesNotHideAProcess) {
  const std::filesystem::path before = std::filesystem::current_path();
  const testing::ScratchDirectory folder;
  std::filesystem::current_path(folder.path());
  WriteOwnLog();
  for (const std::string& content : {std::string("\177ELF\2\1\1\0", 8), std::string("#!/bin/sh\nexec true\n"),
                                     std::string("listener 1883\n"), std::string(100'000, 'x')}) {
    ASSERT_TRUE(support::WriteFile("broker", content));
    EXPECT_FALSE(IsFileOrUrl("broker"));
    EXPECT_EQ(StateOfTarget("broker", options_), TargetState::kRunning);
    const auto profile = LoadTarget("broker", options_);
    ASSERT_TRUE(profile) << profile.error().ToString();
    EXPECT_EQ(InuseSpace(*profile), 100);
  }
  ASSERT_TRUE(support::WriteFile("broker", ProfileBytes()));
  const auto profile = LoadTarget("broker", options_);
  ASSERT_TRUE(profile) << "a snapshot is meant by its name, as ever";
  EXPECT_EQ(InuseSpace(*profile), 77);
  std::filesystem::current_path(before);
}

TEST_F(LoadTargetTest, AProgramIsNoSnapshot) {
  const std::string path = directory_.File("program");
  ASSERT_TRUE(support::WriteFile(path, std::string("\177ELF\2\1\1\0", 8)));
  const auto profile = LoadTarget(path, options_);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(profile.error().text, AllOf(HasSubstr("is a program"), HasSubstr("mqtrack list")));
}

TEST_F(LoadTargetTest, AForeignVersionCannotBeMeasured) {
  LogBuilder builder;
  builder.header().version = 7;
  const std::string path = directory_.File("1-77.log");
  builder.Write(path);
  const auto profile = LoadTarget(path, options_);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::kCannotMeasure);
}

TEST_F(LoadTargetTest, AUrl) {
  const OneAnswerServer server(Answer("200 OK", ProfileBytes()));
  const auto profile = LoadTarget(server.Url("/debug/pprof/"), options_);
  ASSERT_TRUE(profile) << profile.error().ToString();
  EXPECT_EQ(InuseSpace(*profile), 77);
  EXPECT_THAT(server.request(), StartsWith("GET /debug/pprof/heap HTTP/1.1\r\n"));
}

TEST_F(LoadTargetTest, AServersErrorIsShown) {
  const OneAnswerServer server(Answer("404 Not Found", "Unknown profile\nmore"));
  const auto profile = LoadTarget(server.Url("/debug/pprof/nope"), options_);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().text, "the server answered with status 404: Unknown profile");
}

TEST_F(LoadTargetTest, AnAnswerThatIsTooLargeOrNoProfile) {
  const OneAnswerServer large(Answer("200 OK", std::string(5000, 'x')));
  const auto body = Fetch(large.Url("/x"), 4999);
  ASSERT_FALSE(body);
  EXPECT_THAT(body.error().text, HasSubstr("larger than the 4999 bytes accepted"));
  const OneAnswerServer page(Answer("200 OK", "<html>hello</html>"));
  const auto profile = LoadTarget(page.Url("/index.html"), options_);
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().text, HasSubstr("is a web page, not a profile"));
}

TEST_F(LoadTargetTest, OtherProtocolsAreNotFollowed) {
  const OneAnswerServer server(Answer("302 Found", "", "Location: file:///etc/passwd\r\n"));
  const auto profile = LoadTarget(server.Url("/x"), options_);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::kSystem);
}

TEST_F(LoadTargetTest, NobodyListens) {
  std::string url;
  {
    const OneAnswerServer gone("");
    url = gone.Url("/x");
  }
  const auto profile = LoadTarget(url, options_);
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().text, HasSubstr("no profile could be fetched"));
}

TEST_F(LoadTargetTest, UrlsOfGoServices) {
  EXPECT_EQ(ProfileUrl("http://h:6060"), "http://h:6060/debug/pprof/heap");
  EXPECT_EQ(ProfileUrl("http://h:6060/"), "http://h:6060/debug/pprof/heap");
  EXPECT_EQ(ProfileUrl("https://h/debug/pprof"), "https://h/debug/pprof/heap");
  EXPECT_EQ(ProfileUrl("http://h/debug/pprof/goroutine"), "http://h/debug/pprof/goroutine");
  EXPECT_EQ(ProfileUrl("http://h?x=1"), "http://h?x=1");
  EXPECT_TRUE(IsUrl("HTTP://h"));
  EXPECT_FALSE(IsUrl("httpd"));
}

}  // namespace
}  // namespace mqtrack::snapshot
