// A live table in a log of its own, for as long as a test.
#pragma once

#include <gtest/gtest.h>

#include "preload/recorder/live/live_table.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {

class TableTest : public RecordingTest {
 protected:
  void SetUp() override {
    RecordingTest::SetUp();
    const char* why = nullptr;
    ASSERT_TRUE(file_.Create(settings_, why)) << why;
    ASSERT_TRUE(table_.Create(file_));
    file_.header().state = static_cast<std::uint32_t>(log::State::kRecording);
  }
  LogFile file_;
  LiveTable table_;
};

}  // namespace mqtrack::recorder
