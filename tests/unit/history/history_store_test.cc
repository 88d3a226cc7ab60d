// A history on disk: kept within its bound, there again after a restart, and readable where files are damaged.
#include "libtrack/history/history_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "libtrack/profile/sample_types.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::history {
namespace {

namespace fs = std::filesystem;
constexpr UnixMillis kMinute = 60'000, kStart = UnixMillis{20'000} * 24 * 60 * kMinute;
const SeriesKey kBroker{"mosquitto", kStart / 1000, 4711};

profile::Profile Snapshot(std::int64_t bytes) {
  profile::Profile made;
  made.sample_types = {profile::WithUnit(profile::kInuseObjects), profile::WithUnit(profile::kInuseSpace)};
  made.period_type = {"space", "bytes"};
  made.functions.push_back({"keep", "keep", "keep.c", 1});
  made.locations.push_back({profile::MappingId::kNone, 0x10, {{profile::FunctionId{0}, 12}}, false});
  made.samples.push_back({{profile::LocationId{0}}, {1, bytes}, {}});
  return made;
}

class HistoryStoreTest : public ::testing::Test {
 protected:
  support::Result<HistoryStore> Open(HistoryBounds bounds = {}) { return HistoryStore::Open(folder_, bounds); }
  [[nodiscard]] std::uint64_t BytesOnDisk() const {
    std::uint64_t sum = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) sum += entry.file_size();
    }
    return sum;
  }

  testing::ScratchDirectory scratch_;
  std::string folder_ = scratch_.File("history");
};

TEST_F(HistoryStoreTest, IsThereAgainAfterARestart) {
  {
    auto store = Open();
    ASSERT_TRUE(store) << store.error().ToString();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->Add(kBroker, kStart + i * kMinute, Snapshot(100 + i)));
    struct stat info {};
    ASSERT_EQ(::stat(folder_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
  }
  auto store = Open();
  ASSERT_TRUE(store);
  ASSERT_EQ(store->series().size(), 1u);
  EXPECT_EQ(store->series().begin()->first, kBroker);
  EXPECT_EQ(store->Files(), 3u);
  EXPECT_EQ(store->Bytes(), BytesOnDisk());
  const auto snapshot = store->Load(kBroker, kStart + kMinute);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(profile::Total(*snapshot, 1), 101);
  const std::vector<Totals> totals = store->ReadTotals(kBroker);
  ASSERT_EQ(totals.size(), 3u);
  EXPECT_EQ(totals[2].values[1], (std::pair<std::string, std::int64_t>{profile::kInuseSpace, 102}));
}

TEST_F(HistoryStoreTest, ALineThatCannotBeWrittenWholeLeavesNothingBehind) {
  auto store = Open();
  ASSERT_TRUE(store);
  UnixMillis now = kStart;
  const auto add = [&] { return store->Add(kBroker, now += kMinute, Snapshot(100)); };
  const std::string totals = folder_ + "/mosquitto/" + kBroker.Folder() + "/totals.log";
  // The limit below is one of all files, and snapshots are smaller.
  do {
    ASSERT_TRUE(add());
  } while (fs::file_size(totals) < 4096);
  const std::uintmax_t before = fs::file_size(totals);
  const std::size_t lines = store->ReadTotals(kBroker).size();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto on_limit = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit low{before + 10, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  const support::Status full = add();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  (void)::signal(SIGXFSZ, on_limit);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().ToString().find("limit"), std::string::npos) << full.error().ToString();
  EXPECT_EQ(fs::file_size(totals), before);
  ASSERT_TRUE(add());
  EXPECT_EQ(store->ReadTotals(kBroker).size(), lines + 1);
}

TEST_F(HistoryStoreTest, OneServerAtATime) {
  auto store = Open();
  ASSERT_TRUE(store);
  const auto second = Open();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().ToString().find("another mqtrack serve"), std::string::npos);
}

TEST_F(HistoryStoreTest, AFolderThatOthersMayWriteToIsRefused) {
  ASSERT_EQ(::mkdir(folder_.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_FALSE(Open());
}

TEST_F(HistoryStoreTest, StaysWithinItsBytes) {
  auto store = Open({.bytes = 8000, .age = std::chrono::hours(1000)});
  ASSERT_TRUE(store);
  for (int i = 0; i < 300; ++i) {
    // Twenty processes that come and go.
    const SeriesKey key{"p" + std::to_string(i % 7), kStart / 1000 + i / 20, 100 + i};
    ASSERT_TRUE(store->Add(key, kStart + i * kMinute, Snapshot(i + 1)));
    store->Thin(kStart + i * kMinute);
    ASSERT_LE(store->Bytes(), 8000u);
    ASSERT_EQ(store->Bytes(), BytesOnDisk()) << i;
  }
  // The newest are what is left.
  EXPECT_TRUE(
      store->Load({"p" + std::to_string(299 % 7), kStart / 1000 + 299 / 20, 100 + 299}, kStart + 299 * kMinute));
}

TEST_F(HistoryStoreTest, WhatIsTooOldGoesAltogether) {
  auto store = Open({.bytes = 1 << 20, .age = std::chrono::hours(1)});
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->Add(kBroker, kStart, Snapshot(1)));
  store->Thin(kStart + 200 * kMinute);
  EXPECT_TRUE(store->series().empty());
  EXPECT_EQ(BytesOnDisk(), 0u);
}

TEST_F(HistoryStoreTest, DamageIsPassedOver) {
  std::string cut, totals;
  {
    auto store = Open();
    ASSERT_TRUE(store);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->Add(kBroker, kStart + i * kMinute, Snapshot(100 + i)));
    cut = store->PathOf(kBroker, kStart);
    totals = fs::path(cut).parent_path() / "totals.log";
  }
  fs::resize_file(cut, 20);
  fs::resize_file(totals, fs::file_size(totals) - 5);
  std::ofstream(totals, std::ios::app) << "\nnonsense\n-1 a=b .\n\x01\xff\n";
  std::ofstream(cut + ".tmp123") << "of a write that did not end";
  std::ofstream(folder_ + "/stranger") << "x";
  fs::create_directories(folder_ + "/mosquitto/not-a-series");
  auto store = Open();
  ASSERT_TRUE(store);
  EXPECT_FALSE(store->Load(kBroker, kStart));
  EXPECT_TRUE(store->Load(kBroker, kStart + kMinute));
  EXPECT_FALSE(store->Load(kBroker, kStart + 77));
  EXPECT_EQ(store->ReadTotals(kBroker).size(), 2u);
  EXPECT_FALSE(fs::exists(cut + ".tmp123"));
  ASSERT_TRUE(store->Add(kBroker, kStart + 3 * kMinute, Snapshot(103)));
  EXPECT_EQ(store->ReadTotals(kBroker).size(), 3u);
}

TEST_F(HistoryStoreTest, TimesThatCannotBeArePassedOver) {
  std::string good;
  {
    auto store = Open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->Add(kBroker, kStart, Snapshot(1)));
    good = store->PathOf(kBroker, kStart);
  }
  // In nanoseconds, or in milliseconds, these are no numbers any more.
  fs::copy_file(good, fs::path(good).parent_path() / "9223372036854775807.pb.gz");
  fs::copy_file(good, fs::path(good).parent_path() / (std::to_string(kLatestMoment + 1) + ".pb.gz"));
  std::ofstream(fs::path(good).parent_path() / "totals.log", std::ios::app) << "9223372036854775807 rss=1 .\n";
  fs::copy(fs::path(good).parent_path(), folder_ + "/mosquitto/9223372036854775807-4711");
  auto store = Open();
  ASSERT_TRUE(store);
  ASSERT_EQ(store->series().size(), 1u);
  EXPECT_EQ(store->series().at(kBroker).snapshots.size(), 1u);
  EXPECT_EQ(store->ReadTotals(kBroker).size(), 1u);
}

TEST_F(HistoryStoreTest, NamesCannotLeaveTheFolder) {
  EXPECT_EQ(SeriesName("../../etc"), "_.._.._etc");
  EXPECT_EQ(SeriesName(""), "_");
  EXPECT_EQ(SeriesName("a b/c"), "a_b_c");
}

}  // namespace
}  // namespace mqtrack::history
