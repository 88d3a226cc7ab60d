// PUBLISH: every QoS, retained and not, to nobody and to subscribers, whole and half, allowed and refused.
#include "libtrack/hunt/catalogue/publish_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;
using namespace std::string_literals;

constexpr std::size_t kLarge = 100'000;

/// What a receiver of a message at `qos` answers.
void Receive(Script& script, std::uint8_t qos) {
  script.Expect(Type::kPublish);
  if (qos == 1) script.Answer(Type::kPuback).Settle();
  if (qos == 2) script.Answer(Type::kPubrec).Expect(Type::kPubrel).Answer(Type::kPubcomp).Settle();
}

void AddFlows(Version version, std::uint8_t qos, std::vector<Operation>& to) {
  const Chapter chapter("publish.qos" + std::to_string(qos), version, to);
  const std::string topic = RoundTopic();
  chapter.Add(chapter.Begin("nobody").Connect().Publish(topic, "m", qos).Disconnect());
  chapter.Add(chapter.Begin("empty").Connect().Publish(topic, "", qos).Disconnect());
  chapter.Add(chapter.Begin("large").Connect().Publish(topic, std::string(kLarge, 'm'), qos).Disconnect());
  chapter.Add(chapter.Begin("retained.set-cleared")
                  .Connect()
                  .Publish("hunt/same", "m", qos, true)
                  .Publish("hunt/same", "", qos, true)
                  .Disconnect());
  chapter.Add(chapter.Begin("retained.new-topic.set-cleared")
                  .Connect()
                  .Publish(topic, "m", qos, true)
                  .Publish(topic, "", qos, true)
                  .Disconnect());
  chapter.Add(chapter.Begin("retained.replaced")
                  .Connect()
                  .Publish("hunt/same", "m", qos, true)
                  .Publish("hunt/same", "other", qos, true)
                  .Publish("hunt/same", "", qos, true)
                  .Disconnect());
  chapter.Add(chapter.Begin("retained.cleared-only").Connect().Publish("hunt/none", "", qos, true).Disconnect());
  chapter.Add(chapter.Begin("to-itself").Connect().Subscribe(topic, 0).Publish(topic, "m", qos).Disconnect());
  chapter.Add(chapter.Begin("denied")
                  .Connect()
                  .Send(Script{"", version}.PublishPacket("denied/t", "m", qos))
                  .Settle()
                  .Finish()
                  .Needs(kNeedsAcl));
  chapter.Add(chapter.Begin("denied.retained")
                  .Connect()
                  .Send(Script{"", version}.PublishPacket("denied/t", "m", qos, true))
                  .Settle()
                  .Finish()
                  .Needs(kNeedsAcl));
  for (std::uint8_t granted = 0; granted < 3; ++granted) {
    Script received = chapter.Begin("received-at-qos" + std::to_string(granted));
    received.As(1).Connect().Subscribe(topic, granted).As(0).Connect().Publish(topic, "m", qos).Disconnect();
    received.As(1);
    Receive(received, std::min(qos, granted));
    chapter.Add(received.Disconnect());
  }
  Script overlapping = chapter.Begin("overlapping-filters");
  overlapping.Connect().Subscribe(topic).Subscribe("hunt/#").Subscribe("+/+/t").Publish(topic, "m", qos);
  chapter.Add(overlapping.Disconnect());
  Script kept = chapter.Begin("retained.received");
  kept.Connect().Publish("hunt/same", "m", qos, true).As(1).Connect().Subscribe("hunt/+", qos);
  Receive(kept, qos);
  chapter.Add(kept.Disconnect().As(0).Publish("hunt/same", "", qos, true).Disconnect());
  Script fan = chapter.Begin("to-five");
  for (std::uint8_t peer = 1; peer < 6; ++peer) fan.As(peer).Connect().Subscribe(topic, qos);
  fan.As(0).Connect().Publish(topic, "m", qos);
  for (std::uint8_t peer = 1; peer < 6; ++peer) {
    fan.As(peer);
    Receive(fan, qos);
  }
  chapter.Add(fan.Disconnect());
}

/// The handshakes of QoS 1 and 2, stopped, repeated and mixed up.
void AddHandshakes(Version version, std::vector<Operation>& to) {
  const Chapter chapter("handshake", version, to);
  const Packet two = Script{"", version}.PublishPacket(RoundTopic(), "m", 2);
  Packet again = two;
  again.flags |= 8;
  const auto id = [](Type type) { return Script::IdPacket(type, 1); };
  chapter.Add(chapter.Begin("stops-after-publish").Connect().Send(two).Expect(Type::kPubrec).Finish());
  chapter.Add(chapter.Begin("publish-twice")
                  .Connect()
                  .Send(two)
                  .Send(again)
                  .Settle()
                  .Send(id(Type::kPubrel))
                  .Expect(Type::kPubcomp)
                  .Disconnect());
  chapter.Add(chapter.Begin("publish-twice.without-dup").Connect().Send(two).Send(two).Settle().Finish());
  chapter.Add(
      chapter.Begin("pubrel-twice").Connect().Publish(RoundTopic(), "m", 2).Send(id(Type::kPubrel)).Settle().Finish());
  for (const Type type : {Type::kPuback, Type::kPubrec, Type::kPubrel, Type::kPubcomp}) {
    const std::string name = LowerCase(mqtt::TypeName(type));
    chapter.Add(chapter.Begin(name + ".of-nothing").Connect().Send(id(type)).Settle().Finish());
    chapter.Add(chapter.Begin(name + ".id-0").Connect().Send(Script::IdPacket(type, 0)).Settle().Finish());
    for (std::uint8_t qos = 1; qos < 3; ++qos) {
      Script script = chapter.Begin(name + ".answers-qos" + std::to_string(qos));
      script.Connect().Subscribe(RoundTopic(), qos).Publish(RoundTopic(), "m", qos);
      chapter.Add(script.Expect(Type::kPublish).Answer(type).Settle().Finish());
    }
  }
  Script stopped = chapter.Begin("receiver-stops-after-pubrec");
  stopped.As(1).Connect().Subscribe(RoundTopic(), 2).As(0).Connect().Publish(RoundTopic(), "m", 2).Disconnect();
  chapter.Add(stopped.As(1).Expect(Type::kPublish).Answer(Type::kPubrec).Expect(Type::kPubrel).Finish());
  Script many = chapter.Begin("thirty-unfinished");
  many.Connect();
  for (std::uint16_t number = 1; number <= 30; ++number) {
    Packet packet = two;
    packet.packet_id = number;
    many.Send(packet);
  }
  chapter.Add(many.Settle().Finish());
}

void AddWrongTopics(Version version, std::vector<Operation>& to) {
  const Chapter chapter("publish.topic", version, to);
  const auto add = [&](const char* name, const std::string& topic) {
    for (std::uint8_t qos = 0; qos < 3; ++qos) {
      Script script = chapter.Begin(std::string(name) + ".qos" + std::to_string(qos));
      chapter.Add(script.Connect().Send(script.PublishPacket(topic, "m", qos)).Settle().Finish());
    }
  };
  add("empty", "");
  add("wildcard", "a/#");
  add("plus", "a/+/b");
  add("with-nul", "a\0b"s);
  add("not-utf8", "\xff\xfe");
  add("surrogate", "\xed\xa0\x80");
  add("sys", "$SYS/hunt");
  add("dollar", "$hunt/t");
  add("share", "$share/g/t");
  add("control", "$CONTROL/hunt");
  add("longest", std::string(65'535, 't'));
  std::string deep;
  for (int level = 0; level < 300; ++level) deep += "/";
  add("deep", deep);
  Script zero = chapter.Begin("id-0");
  Packet packet = zero.PublishPacket(RoundTopic(), "m", 1);
  packet.packet_id = 0;
  chapter.Add(zero.Connect().Send(packet).Settle().Finish());
}

}  // namespace

void AddMessages(std::vector<Operation>& to) {
  for (const Version version : kVersions) {
    for (std::uint8_t qos = 0; qos < 3; ++qos) AddFlows(version, qos, to);
    AddHandshakes(version, to);
    AddWrongTopics(version, to);
  }
}

}  // namespace mqtrack::hunt
