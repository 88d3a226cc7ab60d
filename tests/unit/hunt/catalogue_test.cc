// The catalogue as data: complete, unambiguous, and meant.
#include "libtrack/hunt/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "libtrack/hunt/describe_steps.h"
#include "libtrack/hunt/doors.h"
#include "libtrack/mqtt/packet_reader.h"

namespace mqtrack::hunt {
namespace {

const Operation* Find(const std::string& name) {
  for (const Operation& one : Catalogue()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

TEST(CatalogueTest, NamesAreUniqueAndStepsAreThere) {
  std::set<std::string> names;
  for (const Operation& one : Catalogue()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_EQ(one.steps.empty(), !one.why_not.empty()) << one.name;
    EXPECT_EQ(one.name.find_first_of(" *\n"), std::string::npos) << one.name;
  }
}

TEST(CatalogueTest, HasEachPropertyInEachPacketOfAClient) {
  for (const mqtt::PropertyRow& row : mqtt::PropertyRows()) {
    for (const char* place : {"connect", "will", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe",
                              "unsubscribe", "disconnect", "auth"}) {
      for (const char* how : {"once", "twice", "cut", "extreme", "wrong"}) {
        const std::string name = std::string("5.property.") + place + "." + row.name + "." + how;
        EXPECT_NE(Find(name), nullptr) << name;
      }
    }
  }
}

TEST(CatalogueTest, EveryVersionHasEveryPacketInEveryForm) {
  for (const char* version : {"31.", "311.", "5."}) {
    for (unsigned type = 1; type < 16; ++type) {
      std::string name = mqtt::TypeName(static_cast<mqtt::Type>(type));
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      for (const char* form : {".as-it-should-be", ".flag-1", ".flag-2", ".flag-4", ".flag-8", ".no-body"})
        EXPECT_NE(Find(version + ("form." + name) + form), nullptr) << version << name << form;
    }
  }
}

TEST(CatalogueTest, ACutPropertyIsMalformedInNothingElse) {
  // Every length around the property fits, so that a broker gets as far as the property.
  for (const Operation& one : Catalogue()) {
    if (one.name.rfind("5.property.publish.", 0) != 0 || !one.name.ends_with(".cut")) continue;
    const Step* sent = nullptr;
    for (const Step& step : one.steps) {
      if (step.what == Step::Do::kSend) sent = &step;
    }
    ASSERT_NE(sent, nullptr);
    const auto raw = mqtt::CutPacket(sent->bytes, 1 << 20);
    ASSERT_TRUE(raw && *raw) << one.name;
    EXPECT_EQ((*raw)->size, sent->bytes.size()) << one.name;
    EXPECT_FALSE(mqtt::Read(**raw, mqtt::Version::k5)) << one.name;
  }
}

TEST(CatalogueTest, PatternsOfNames) {
  EXPECT_TRUE(IsNamed("5.connect.fin", "5.connect.fin"));
  EXPECT_TRUE(IsNamed("5.connect.fin", "5.*"));
  EXPECT_TRUE(IsNamed("5.connect.fin", "*.fin"));
  EXPECT_TRUE(IsNamed("5.connect.fin", "5.*.f*n"));
  EXPECT_FALSE(IsNamed("5.connect.fin", "311.*"));
  EXPECT_FALSE(IsNamed("5.connect.fin", "5.connect"));
}

TEST(CatalogueTest, WhatABrokerLacksIsNotTried) {
  Doors doors;
  const Operation* refused = Find("311.connect.wrong-password");
  ASSERT_NE(refused, nullptr);
  EXPECT_NE(doors.WhyNot(*refused), "");
  doors.has = kNeedsPasswords;
  EXPECT_NE(doors.WhyNot(*refused).find("plain"), std::string::npos);
  doors.ways[0] = DoorWay{*mqtt::ParseEndpoint("127.0.0.1"), nullptr};
  EXPECT_EQ(doors.WhyNot(*refused), "");
  EXPECT_NE(doors.WhyNot(*Find("5.tls.disconnect")).find("tls"), std::string::npos);
  EXPECT_NE(doors.WhyNot(*Find("tls.psk")), "");
}

TEST(CatalogueTest, StepsCanBeShown) {
  const std::string text = DescribeSteps(*Find("311.connect.disconnect"));
  EXPECT_NE(text.find("connects: plain"), std::string::npos) << text;
  EXPECT_NE(text.find("sends 10"), std::string::npos) << text;
  EXPECT_NE(text.find("waits for CONNACK"), std::string::npos) << text;
}

}  // namespace
}  // namespace mqtrack::hunt
