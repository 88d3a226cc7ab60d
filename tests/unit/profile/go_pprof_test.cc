// The referee: the real `go tool pprof` opens files we wrote and must show our numbers, for every sample type, with and
// without -base; and it reads the files of other tools to the same values as we do.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/merge.h"
#include "libtrack/support/file.h"
#include "sample_profile.h"

namespace mqtrack::profile {
namespace {

// Flat and cumulative value by function name; zero rows left out.
using Table = std::map<std::string, std::pair<std::int64_t, std::int64_t>>;

Table OurTable(const Profile& profile, std::size_t type) {
  Table table;
  for (const Sample& sample : profile.samples) {
    std::set<std::string> seen;
    bool leaf = true;
    for (const LocationId id : sample.locations) {
      for (const Line& line : profile.location(id).lines) {
        const std::string& name = profile.function(line.function).name;
        if (leaf) table[name].first += sample.values[type];
        if (seen.insert(name).second) table[name].second += sample.values[type];
        leaf = false;
      }
    }
  }
  std::erase_if(table, [](const auto& row) { return row.second.first == 0 && row.second.second == 0; });
  return table;
}

class GoPprof : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("go tool -n pprof >/dev/null 2>&1") != 0) {  // NOLINT(cert-env33-c): a test's helper
      GTEST_SKIP() << "go tool pprof is not installed (Debian: golang-go), so nothing can be compared with it";
    }
    std::string name = testing::TempDir() + "mqtrack_pprof_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  static std::string Fixture(const std::string& name) {
    return std::string(MQTRACK_SOURCE_DIR) + "/tests/fixtures/profiles/" + name;
  }

  // Writes `profile` as we do and gives back what a reader of the file sees.
  Profile Write(const std::string& name, const Profile& profile) {
    EXPECT_TRUE(support::WriteFile(Path(name), EncodePprof(profile)).ok());
    auto read = LoadProfile(Path(name));
    EXPECT_TRUE(read.ok()) << read.error().ToString();
    return read.ok() ? *read : Profile{};
  }
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  [[nodiscard]] std::string Pprof(const std::string& arguments) const {
    const std::string command = "HOME='" + folder_ + "' PPROF_TMPDIR='" + folder_ + "' go tool pprof -symbolize=none " +
                                arguments + " 2>'" + folder_ + "/stderr'";
    FILE* const pipe = ::popen(command.c_str(), "r");
    EXPECT_NE(pipe, nullptr);
    if (pipe == nullptr) return {};
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), n);
    EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << support::ReadFile(folder_ + "/stderr").value();
    return output;
  }

  // The rows of -top without any cut-off.
  [[nodiscard]] Table Top(const std::string& type, const std::string& files) const {
    std::istringstream output(
        Pprof("-top -nodecount=0 -nodefraction=0 -edgefraction=0 -unit=bytes -sample_index=" + type + " " + files));
    Table table;
    bool in_rows = false;
    for (std::string line; std::getline(output, line);) {
      std::istringstream words(line);
      std::string flat, flat_percent, sum, cum, cum_percent, name;
      words >> flat >> flat_percent >> sum >> cum >> cum_percent;
      if (in_rows) {
        std::getline(words >> std::ws, name);
        for (const char* suffix : {" (inline)", " (partial-inline)"}) {
          if (name.ends_with(suffix)) name.resize(name.size() - std::string_view(suffix).size());
        }
        const auto value = std::pair(std::stoll(flat), std::stoll(cum));
        if (value.first != 0 || value.second != 0) table[name] = value;
      }
      in_rows = in_rows || (flat == "flat" && flat_percent == "flat%");
    }
    EXPECT_TRUE(in_rows) << "no table in the output";
    return table;
  }

  // The value rows of -raw, sorted.
  [[nodiscard]] std::vector<std::vector<std::int64_t>> Raw(const std::string& file) const {
    std::istringstream output(Pprof("-raw '" + file + "'"));
    std::vector<std::vector<std::int64_t>> rows;
    std::string line;
    while (std::getline(output, line) && line != "Samples:") {
    }
    std::getline(output, line);  // the types
    while (std::getline(output, line) && line != "Locations") {
      const std::size_t colon = line.find(':');
      std::istringstream numbers(line.substr(0, colon));
      std::vector<std::int64_t> row;
      for (std::int64_t value = 0; numbers >> value;) row.push_back(value);
      if (!row.empty()) rows.push_back(row);  // other lines are labels
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  static std::vector<std::vector<std::int64_t>> OurRaw(const Profile& profile) {
    std::vector<std::vector<std::int64_t>> rows;
    for (const Sample& sample : profile.samples) rows.push_back(sample.values);
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  void CompareTop(const Profile& profile, const std::string& name) {
    const Profile read = Write(name, profile);
    for (std::size_t i = 0; i < read.sample_types.size(); ++i) {
      EXPECT_EQ(Top(read.sample_types[i].type, Path(name)), OurTable(read, i))
          << name << " " << read.sample_types[i].type;
    }
    EXPECT_EQ(Raw(Path(name)), OurRaw(read)) << name;
  }

  void CompareDiff(const Profile& before, const Profile& after) {
    const Profile old = Write("before.pb.gz", before);
    const Profile now = Write("after.pb.gz", after);
    const auto diff = Subtract(now, old);
    ASSERT_TRUE(diff.ok()) << diff.error().ToString();
    for (std::size_t i = 0; i < diff->sample_types.size(); ++i) {
      const std::string& type = diff->sample_types[i].type;
      EXPECT_EQ(Top(type, "-base '" + Path("before.pb.gz") + "' '" + Path("after.pb.gz") + "'"), OurTable(*diff, i))
          << type;
    }
  }

  std::string folder_;
};

// As the snapshot reader makes them: all sample types, labels with zero, threads without a stack, inlined frames.
Profile Snapshot(std::int64_t scale) {
  SampleProfile built({{"timers", "count"},
                       {"fds", "count"},
                       {"threads", "count"},
                       {"mapped_space", "bytes"},
                       {"alloc_objects", "count"},
                       {"alloc_space", "bytes"},
                       {"inuse_objects", "count"},
                       {"inuse_space", "bytes"}});
  const auto generation = [](std::int64_t n) { return std::vector<Label>{{"generation", "", n, ""}}; };
  built.Add({"malloc", "leak", "main"}, {0, 0, 0, 0, 9, 900, 2 * scale, 200 * scale}, generation(0));
  built.Add({"malloc", "leak", "main"}, {0, 0, 0, 0, 0, 0, 5, 500}, generation(1));
  built.Add({"malloc", "recursive", "recursive", "recursive", "main"}, {0, 0, 0, 0, 1, 8, 1, 8}, generation(1));
  built.Add({"pthread_create", "start", "main"}, {0, 0, scale, 8192, 0, 0, 0, 0}, {{"thread", "io", 0, ""}});
  built.Add({}, {1, 3, 0, 0, 0, 0, 0, 0});
  built->locations[1].lines.insert(built->locations[1].lines.begin(), {FunctionId{2}, 3});
  built->default_sample_type = "inuse_space";
  built->time_nanos = 1'700'000'000'000'000'000 + scale;
  return *built;
}

TEST_F(GoPprof, ShowsOurSnapshotsForEverySampleType) { CompareTop(Snapshot(1), "snapshot.pb.gz"); }

TEST_F(GoPprof, OpensOnInuseSpaceAndSeesSamplesWithoutAStack) {
  Write("snapshot.pb.gz", Snapshot(1));
  EXPECT_NE(Pprof("-top " + Path("snapshot.pb.gz")).find("Type: inuse_space"), std::string::npos);
  EXPECT_EQ(Top("fds", Path("snapshot.pb.gz")), (Table{{"[no stack recorded]", {3, 3}}}));
}

TEST_F(GoPprof, KeepsGenerationZero) {
  Write("snapshot.pb.gz", Snapshot(1));
  const std::string raw = Pprof("-raw " + Path("snapshot.pb.gz"));
  EXPECT_NE(raw.find("generation:[0 generation]"), std::string::npos) << raw;
  EXPECT_NE(raw.find("generation:[1]"), std::string::npos) << raw;
}

TEST_F(GoPprof, BaseEqualsSubtract) { CompareDiff(Snapshot(1), Snapshot(7)); }

// Older pprof refuses profiles whose types differ, newer ones intersect them as we do: so pprof is given the common
// types.
TEST_F(GoPprof, DiffOfOursWithAGoHeapHasTheCommonTypes) {
  const auto go = LoadProfile(Fixture("go_after_heap.pb.gz"));
  ASSERT_TRUE(go.ok());
  Profile only_types = *go;
  only_types.samples.clear();
  const Profile full = Snapshot(1);
  const auto common = Merge({&only_types, &full});
  ASSERT_TRUE(common.ok()) << common.error().ToString();
  EXPECT_EQ(common->sample_types, go->sample_types);
  CompareDiff(*common, *go);

  const auto diff = Subtract(*go, full);
  const auto diff_of_common = Subtract(*go, *common);
  ASSERT_TRUE(diff.ok() && diff_of_common.ok());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(OurTable(*diff, i), OurTable(*diff_of_common, i));
}

TEST_F(GoPprof, ShowsImportedProfiles) {
  for (const char* name : {"gperftools_after.heap", "jemalloc_after.heap", "go_after_heap.txt",
                           "go_after_goroutine.txt", "go_threadcreate.txt", "go_after_heap.pb.gz",
                           "locks_goroutine_debug2.txt", "jemalloc_named.raw", "gperftools_named.raw"}) {
    const auto profile = LoadProfile(Fixture(name));
    ASSERT_TRUE(profile.ok()) << name;
    CompareTop(*profile, std::string(name) + ".pb.gz");
  }
}

TEST_F(GoPprof, DiffsImportedProfiles) {
  for (const auto& [before, after] :
       std::map<std::string, std::string>{{"gperftools_before.heap", "gperftools_after.heap"},
                                          {"jemalloc_before.heap", "jemalloc_after.heap"},
                                          {"go_before_heap.pb.gz", "go_after_heap.pb.gz"},
                                          {"go_before_heap.txt", "go_after_heap.txt"},
                                          {"go_before_goroutine.pb.gz", "go_after_goroutine.pb.gz"}}) {
    const auto old = LoadProfile(Fixture(before));
    const auto now = LoadProfile(Fixture(after));
    ASSERT_TRUE(old.ok() && now.ok()) << before;
    CompareDiff(*old, *now);
  }
}

// pprof's own readers of these formats are the reference for ours (it has none for jemalloc's).
TEST_F(GoPprof, ReadsTheSameValuesFromTheOriginals) {
  for (const char* name : {"gperftools_before.heap", "go_before_heap.txt", "go_after_heap.txt",
                           "go_after_goroutine.txt", "go_after_heap.pb.gz", "go_after_goroutine.pb.gz",
                           "locks_block.txt", "locks_mutex.txt", "locks_goroutine.txt", "gperftools_cpu.prof"}) {
    const auto profile = LoadProfile(Fixture(name));
    ASSERT_TRUE(profile.ok()) << name;
    auto theirs = Raw(Fixture(name));
    auto ours = OurRaw(*profile);
    // We always give Go's four types; pprof leaves out the first two where the totals in the header are equal.
    const std::size_t columns = theirs.at(0).size();
    for (auto& row : ours) row.erase(row.begin(), row.end() - static_cast<std::ptrdiff_t>(columns));
    // Later versions keep samples that have nothing but zeros.
    std::erase_if(theirs,
                  [](const auto& row) { return std::all_of(row.begin(), row.end(), [](auto v) { return v == 0; }); });
    EXPECT_EQ(theirs, ours) << name;
  }
  const std::string sampled =
      "heap profile: 9: 8192 [12: 70000] @ heap_v2/524288\n"
      "  7: 7168 [ 10: 10240] @ 0x401010 0x401020\n  2: 1024 [ 2: 59760] @ 0x401030\n";
  ASSERT_TRUE(support::WriteFile(Path("sampled.heap"), sampled).ok());
  EXPECT_EQ(Raw(Path("sampled.heap")), OurRaw(*LoadProfile(Path("sampled.heap"))));
}

}  // namespace
}  // namespace mqtrack::profile
