#include "preload/recorder/broker/broker_sheet.h"

#include <gtest/gtest.h>

#include <ctime>
#include <memory>
#include <thread>
#include <vector>

namespace mqtrack::recorder {
namespace {

using Figure = log::BrokerFigure;
using Gap = log::BrokerGap;
using Known = BrokerSheet::Known;

class BrokerSheetTest : public testing::Test {
 protected:
  void SetUp() override { sheet_->Start(&figures_); }
  [[nodiscard]] std::int64_t Of(Figure figure) const {
    return static_cast<std::int64_t>(figures_.of[static_cast<std::size_t>(figure)]);
  }
  [[nodiscard]] bool Has(Gap gap) const { return (figures_.gaps >> static_cast<unsigned>(gap) & 1) != 0; }
  SessionRef Connect(std::uint64_t client, std::uint64_t& connection, bool is_clean = false) {
    connection = sheet_->NewConnection();
    return sheet_->Connected(log::Mix(client), connection, is_clean, Known::kNotSaid);
  }

  log::BrokerFigures figures_ = {};
  std::unique_ptr<BrokerSheet> sheet_ = std::make_unique<BrokerSheet>();
};

TEST_F(BrokerSheetTest, HoldsManyAndSaysWhenThereAreMore) {
  constexpr int kMany = 500'000;
  for (int i = 0; i < kMany; ++i) sheet_->Retained(log::Mix(static_cast<std::uint64_t>(i) + 1));
  EXPECT_EQ(Of(Figure::kRetained), kMany);
  EXPECT_FALSE(Has(Gap::kManyRetained));
  for (int i = kMany; i < 3 * kMany; ++i) sheet_->Retained(log::Mix(static_cast<std::uint64_t>(i) + 1));
  EXPECT_TRUE(Has(Gap::kManyRetained));
  for (int i = 0; i < 3 * kMany; ++i) sheet_->Cleared(log::Mix(static_cast<std::uint64_t>(i) + 1));
  EXPECT_EQ(Of(Figure::kRetained), 0);
}

/// As a reader of the service's memory finds it.
const log::BrokerSession* FindSession(const log::BrokerFigures& figures, std::uint64_t key) {
  for (unsigned level = 0; level < log::kSessionLevels; ++level) {
    const auto* sessions = reinterpret_cast<const log::BrokerSession*>(figures.session_levels[level]);
    for (std::uint64_t i = 0; sessions != nullptr && i < log::SessionsInLevel(level); ++i) {
      if (sessions[i].key == key) return &sessions[i];
    }
  }
  return nullptr;
}

TEST_F(BrokerSheetTest, TellsReadersWhereSessionsAreAndSinceWhen) {
  EXPECT_EQ(figures_.session_levels[0], 0u);
  constexpr std::uint64_t kMany = 5'000;  // they do not fit in the first level
  for (std::uint64_t client = 1; client <= kMany; ++client) {
    std::uint64_t connection = 0;
    const SessionRef session = Connect(client, connection);
    EXPECT_TRUE(sheet_->Subscribed(session, client));
    sheet_->Sent(session, 1);
    if (client % 2 == 0) sheet_->Closed(session, connection, BrokerSheet::kNever);
  }
  EXPECT_NE(figures_.session_levels[1], 0u);
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  for (std::uint64_t client = 1; client <= kMany; client += 17) {
    const log::BrokerSession* session = FindSession(figures_, log::TableKey(log::Mix(client)));
    ASSERT_NE(session, nullptr) << client;
    EXPECT_EQ(log::StateOf(*session), client % 2 == 0 ? log::SessionState::kOffline : log::SessionState::kConnected);
    EXPECT_EQ(session->subscriptions + session->unacknowledged + session->half_open, 2u);
    EXPECT_LE(now - session->since_unix_seconds, 1000u);
    EXPECT_EQ(session->is_stored, 0u);
  }
  log::BrokerFigures begun_anew = {};
  sheet_->Start(&begun_anew);
  EXPECT_EQ(begun_anew.session_levels[0], 0u);
}

TEST_F(BrokerSheetTest, RemembersWhichSessionsWereThereBefore) {
  const std::uint64_t client = log::Mix(7);
  const auto connect = [&](bool is_clean, Known known) {
    (void)sheet_->Connected(client, sheet_->NewConnection(), is_clean, known);
    return FindSession(figures_, log::TableKey(client))->is_stored;
  };
  EXPECT_EQ(connect(false, Known::kKept), 1u);
  EXPECT_EQ(connect(false, Known::kKept), 1u);
  EXPECT_EQ(connect(true, Known::kNew), 0u) << "all that it had is gone";
  EXPECT_EQ(connect(false, Known::kKept), 0u);
}

TEST_F(BrokerSheetTest, TellsWhoseSessionIsKeptWhileTheClientIsGone) {
  log::AskedFilters asked = {};
  sheet_->Start(&figures_, &asked);
  const auto away = [&](std::uint64_t client) { return asked.away[log::AskedFilters::PlaceOf(log::Mix(client))]; };
  std::uint64_t connection = 0;
  SessionRef session = Connect(7, connection);
  EXPECT_EQ(away(7), 0);
  sheet_->Closed(session, connection, BrokerSheet::kNever);
  EXPECT_EQ(away(7), 1);
  EXPECT_EQ(Of(Figure::kOffline), 1);
  session = Connect(7, connection);
  EXPECT_EQ(away(7), 0);
  sheet_->Closed(session, connection, 0);
  EXPECT_EQ(away(7), 0);
  EXPECT_EQ(Of(Figure::kOffline), 0);
  sheet_->NoteUnnamedFilter();
  EXPECT_EQ(asked.unnamed, 1U);
}

TEST_F(BrokerSheetTest, HoldsManySessionsAndGivesTheirRoomBack) {
  constexpr std::uint64_t kMany = 50'000;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t client = 1; client <= kMany; ++client) {
      std::uint64_t connection = 0;
      const SessionRef session = Connect(client, connection);
      for (std::uint64_t filter = 1; filter < 4; ++filter) EXPECT_TRUE(sheet_->Subscribed(session, filter));
      sheet_->Closed(session, connection, BrokerSheet::kNever);
    }
    EXPECT_EQ(Of(Figure::kOffline), std::int64_t{kMany});
    EXPECT_EQ(Of(Figure::kSubscriptions), std::int64_t{3 * kMany});
    for (std::uint64_t client = 1; client <= kMany; ++client) {
      std::uint64_t connection = 0;
      const SessionRef session = Connect(client, connection, true);
      sheet_->Closed(session, connection, 0);
    }
    EXPECT_EQ(Of(Figure::kSessions) + Of(Figure::kOffline) + Of(Figure::kSubscriptions) + Of(Figure::kConnected), 0);
  }
  EXPECT_EQ(figures_.gaps, 0);
}

TEST_F(BrokerSheetTest, WhatBelongedToASessionThatEndedIsNotAnotherOnes) {
  std::uint64_t connection = 0;
  const SessionRef before = Connect(1, connection);
  EXPECT_TRUE(sheet_->Subscribed(before, 7));
  EXPECT_FALSE(sheet_->Subscribed(before, 7));
  sheet_->Closed(before, connection, 0);
  EXPECT_FALSE(sheet_->Subscribed(before, 8));
  const SessionRef after = Connect(1, connection);
  sheet_->Unsubscribed(after, 7);
  EXPECT_EQ(Of(Figure::kSubscriptions), 0);
  EXPECT_TRUE(sheet_->Subscribed(after, 7));
  sheet_->Unsubscribed(before, 7);
  EXPECT_EQ(Of(Figure::kSubscriptions), 1);
}

TEST_F(BrokerSheetTest, WithoutALogNothingIsKept) {
  sheet_->Start(nullptr);
  std::uint64_t connection = 0;
  const SessionRef session = Connect(1, connection);
  EXPECT_EQ(session.era, 0);
  sheet_->Subscribed(session, 1);
  sheet_->Retained(5);
  sheet_->Cleared(5);
  sheet_->AddWill(true);
  sheet_->Note(Gap::kAliases);
  sheet_->Expire();
  sheet_->Closed(session, connection, 10);
  sheet_->Start(&figures_);
  EXPECT_EQ(Of(Figure::kRetained), 0);
}

/// Whatever order it comes in: when all is undone, all totals are as they were.
TEST_F(BrokerSheetTest, ThreadsShareIt) {
  constexpr int kThreads = 4, kRounds = 3000;
  const auto work = [this](unsigned seed) {
    std::uint64_t random = seed;
    for (int round = 0; round < kRounds; ++round) {
      random = log::Mix(random + 1);
      const std::uint64_t topic = random % 64 + 10;
      sheet_->Retained(topic);
      sheet_->Cleared(topic);
      const std::uint64_t client = std::uint64_t{seed} << 32 | random % 16;
      const std::uint64_t connection = sheet_->NewConnection();
      const SessionRef session = sheet_->Connected(log::Mix(client), connection, random % 3 == 0, Known::kNotSaid);
      sheet_->Subscribed(session, random % 8);
      sheet_->Sent(session, static_cast<std::uint16_t>(random % 5));
      sheet_->Acknowledged(session, static_cast<std::uint16_t>(random % 7));
      sheet_->Closed(session, connection, random % 2 == 0 ? 0 : BrokerSheet::kNever);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i <= kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  for (std::uint64_t topic = 10; topic < 74; ++topic) sheet_->Cleared(topic);
  for (std::uint64_t thread = 1; thread <= kThreads; ++thread) {
    for (std::uint64_t i = 0; i < 16; ++i) {
      const std::uint64_t connection = sheet_->NewConnection();
      const SessionRef session = sheet_->Connected(log::Mix(thread << 32 | i), connection, true, Known::kNotSaid);
      sheet_->Closed(session, connection, 0);
    }
  }
  for (const Figure figure : {Figure::kConnected, Figure::kSessions, Figure::kOffline, Figure::kSubscriptions,
                              Figure::kRetained, Figure::kUnacknowledged})
    EXPECT_EQ(Of(figure), 0) << static_cast<int>(figure);
  EXPECT_EQ(figures_.gaps, 0);
}

}  // namespace
}  // namespace mqtrack::recorder
