// A directory for logs that lives as long as a test, and settings that point to it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "libtrack/log/reader.h"
#include "preload/recorder/log/log_file.h"

namespace mqtrack::recorder {

class RecordingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/mqtrack-test-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    directory_ = pattern;
    std::strcpy(settings_.directory, pattern);
    settings_.limit_bytes = std::uint64_t{256} << 20;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  /// The one log in the directory.
  [[nodiscard]] std::string LogPath() const {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) found = entry.path();
    return found;
  }
  static log::LogContent ReadLog(const std::string& path, bool alive) {
    auto reader = log::LogReader::Open(path, support::MappedFile::Access::kRead);
    EXPECT_TRUE(reader) << reader.error().ToString();
    auto content = reader->Read(alive);
    EXPECT_TRUE(content) << content.error().ToString();
    return std::move(content).value();
  }

  std::string directory_;
  LogSettings settings_;
};

}  // namespace mqtrack::recorder
