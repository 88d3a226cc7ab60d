#include "libtrack/analysis/workload/sys_figures.h"

#include <gtest/gtest.h>

#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::analysis {
namespace {

using mqtrack::testing::ProfileBuilder;

TEST(SysFigures, AreWhatMosquittoSays) {
  const SysFigures figures = ParseSysFigures({{"$SYS/broker/uptime", "61 seconds"},
                                              {"$SYS/broker/clients/connected", "2"},
                                              {"$SYS/broker/retained messages/count", "53"},
                                              {"$SYS/broker/store/messages/count", "20053"},
                                              {"$SYS/broker/store/messages/bytes", "400183"},
                                              {"$SYS/broker/version", "mosquitto version 2.0.11"}});
  EXPECT_TRUE(figures.is_known);
  EXPECT_EQ(figures.uptime_seconds, 61);
  EXPECT_EQ(figures.clients_connected, 2);
  EXPECT_EQ(figures.clients_total, -1);
  EXPECT_EQ(figures.stored_bytes, 400'183);
  EXPECT_EQ(figures.Queued(), 20'000);
}

TEST(SysFigures, OfABrokerThatTellsNothingAreNotKnown) {
  EXPECT_FALSE(ParseSysFigures({}).is_known);
  EXPECT_FALSE(ParseSysFigures({{"$SYS/broker/uptime", "long"}, {"$SYS/broker/clients/total", "-3"}}).is_known);
  EXPECT_EQ(ParseSysFigures({}).Queued(), -1);
}

TEST(SysFigures, TravelInTheFactsOfASnapshot) {
  SysFigures figures;
  figures.is_known = true;
  figures.uptime_seconds = 7;
  figures.stored = 500;
  profile::Profile profile = ProfileBuilder().Build();
  AddSysFigures(figures, profile);
  const SysFigures read = ReadSysFigures(profile);
  EXPECT_TRUE(read.is_known);
  EXPECT_EQ(read.uptime_seconds, 7);
  EXPECT_EQ(read.stored, 500);
  EXPECT_EQ(read.retained, -1);
  AddSysFigures(figures, profile);
  EXPECT_FALSE(ReadSysFigures(profile).is_known) << "of two brokers";
}

TEST(SysFigures, ThatMakeNoSenseAreNotKnown) {
  for (const char* fact : {"", "stored", "stored=", "stored=x", "stored=-1", "stored=1 retained"})
    EXPECT_FALSE(ReadSysFigures(ProfileBuilder().Fact("mqtt_sys", fact).Build()).is_known) << fact;
  const SysFigures later = ReadSysFigures(ProfileBuilder().Fact("mqtt_sys", "stored=3 of_a_later_version=9").Build());
  EXPECT_EQ(later.stored, 3);
}

}  // namespace
}  // namespace mqtrack::analysis
