#include "cli/targets/missing_labels.h"

#include <gtest/gtest.h>

#include "libtrack/profile/fact.h"

namespace mqtrack::cli {
namespace {

profile::Profile Empty() {
  profile::Profile profile;
  profile.sample_types = {{"fds", "count"}, {"inuse_space", "bytes"}};
  return profile;
}

void Add(profile::Profile& profile, std::vector<std::int64_t> values, std::vector<profile::Label> labels) {
  profile.samples.push_back({{}, std::move(values), std::move(labels)});
}

void Fact(profile::Profile& profile, const std::string& fact) {
  profile.comments.push_back(std::string(profile::kFactPrefix) + fact);
}

TEST(MissingLabels, WithoutAKnownReasonNothingIsSaid) {
  profile::Profile profile = Empty();
  Add(profile, {0, 100}, {});
  EXPECT_EQ(DescribeMissingLabels(profile, "mqtt_client", 1), "");
}

TEST(MissingLabels, WithoutAnythingMissingNothingIsSaid) {
  profile::Profile profile = Empty();
  Fact(profile, "lost_connections: 3");
  Add(profile, {0, 100}, {{"mqtt_client", "c1", 0, ""}});
  EXPECT_EQ(DescribeMissingLabels(profile, "mqtt_client", 1), "");
}

TEST(MissingLabels, HowMuchAndWhy) {
  profile::Profile profile = Empty();
  Add(profile, {0, 300}, {{"mqtt_client", "c1", 0, ""}});
  Add(profile, {0, 100}, {{"thread", "broker", 0, ""}});
  Fact(profile, "lost_connections: 1");
  EXPECT_EQ(
      DescribeMissingLabels(profile, "mqtt_client", 1),
      "25.0 % (100 B) has no mqtt_client: what is made between packets has none, and 1 MQTT connection could not be "
      "followed; all values are complete");
}

TEST(MissingLabels, EveryReason) {
  profile::Profile profile = Empty();
  Add(profile, {2, 100}, {});
  Fact(profile, "connections_before: 5");
  Fact(profile, "mqtt_connections_before: 2");
  Fact(profile, "lost_connections: 2");
  Fact(profile, "websocket_connections: 3");
  Fact(profile, "unread_tls_connections: 4");
  Fact(profile, "queued_packets: 5000");
  EXPECT_EQ(
      DescribeMissingLabels(profile, "mqtt_topic", 1),
      "100.0 % (100 B) has no mqtt_topic: what is made between packets has none, and 5 connections were open before "
      "the recording began (2 have turned out to be MQTT, and are followed since); 2 MQTT connections could not be "
      "followed; "
      "3 connections went over to WebSockets, and could not be followed there; 4 connections used TLS by a library "
      "that is "
      "not followed; what waits in a queue or goes to another thread has none (5,000 packets were read by threads "
      "that do so); all values are complete");
  EXPECT_NE(DescribeMissingLabels(profile, "mqtt_client", 1).find("as (peer ADDRESS)"), std::string::npos);
}

TEST(MissingLabels, WhatWasThereBeforeTheAttachIsToldApart) {
  profile::Profile profile = Empty();
  profile.functions.push_back({"[before attach]", "", "", 0});
  profile.locations.push_back({});
  profile.locations.back().lines = {{static_cast<profile::FunctionId>(0), 0}};
  Add(profile, {1, 60}, {});
  profile.samples.back().locations = {static_cast<profile::LocationId>(0)};
  Add(profile, {1, 40}, {{"mqtt_client", "c1", 0, ""}});
  Fact(profile, "connections_before: 1");
  EXPECT_EQ(
      DescribeMissingLabels(profile, "mqtt_client", 1),
      "60.0 % (60 B) has no mqtt_client: what is made between packets has none, and 60 B was there before the attach; "
      "1 connection was open before the recording began, not known to be MQTT so far; all values are complete");
}

TEST(MissingLabels, ACountThatEndedIsAtLeastThat) {
  profile::Profile profile = Empty();
  Add(profile, {0, 1}, {});
  Fact(profile, "queued_packets: 1000000");
  EXPECT_NE(DescribeMissingLabels(profile, "mqtt_client", 1).find("(1,000,000 or more packets were read"),
            std::string::npos);
}

}  // namespace
}  // namespace mqtrack::cli
