// Sessions that stay when their client goes: with queues, half handshakes and wills; how they are resumed, replaced,
// ended by a clean client, and ended by time. And the limits of MQTT 5.
#include "libtrack/hunt/catalogue/session_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;

constexpr int kTimedRestMs = 8'000;

/// A subscriber whose session stays, offline.
Script& LeaveSubscriber(Script& script, const std::string& id, const std::string& topic, std::uint8_t qos) {
  return script.As(1).Connect(script.LastingPacket(id)).Subscribe(topic, qos).Disconnect();
}

void AddLasting(Version version, std::vector<Operation>& to) {
  const Chapter chapter("session", version, to);
  const std::string id = RoundId("s"), topic = RoundTopic();
  Script kept = chapter.Begin("kept.cleaned");
  chapter.Add(kept.Connect(kept.LastingPacket(id)).Disconnect().ForgetSession(id));
  Script same = chapter.Begin("same-id.kept.cleaned");
  chapter.Add(
      same.Connect(same.LastingPacket("hunt-same")).Subscribe("hunt/same", 1).Disconnect().ForgetSession("hunt-same"));
  Script resumed = chapter.Begin("resumed");
  chapter.Add(resumed.Connect(resumed.LastingPacket(id))
                  .Subscribe(topic, 1)
                  .Reset()
                  .Connect(resumed.LastingPacket(id))
                  .Disconnect()
                  .ForgetSession(id));
  Script taken = chapter.Begin("taken-over");
  taken.Connect(taken.LastingPacket(id)).Subscribe(topic, 1).As(1).Connect(taken.LastingPacket(id));
  chapter.Add(taken.As(0).Closed().As(1).Disconnect().ForgetSession(id));
  Script clean = chapter.Begin("taken-over-by-clean");
  Packet replacing = clean.ConnectPacket();
  replacing.client_id = id;
  clean.Connect(clean.LastingPacket(id)).Subscribe(topic, 1).As(1).Connect(replacing);
  chapter.Add(clean.As(0).Closed().As(1).Disconnect());
  for (std::uint8_t qos = 1; qos < 3; ++qos) {
    const std::string at = ".qos" + std::to_string(qos);
    Script dropped = chapter.Begin("queue.dropped" + at);
    LeaveSubscriber(dropped, id, topic, qos).As(0).Connect();
    for (int i = 0; i < 5; ++i) dropped.Publish(topic, "queued", qos);
    chapter.Add(dropped.Disconnect().ForgetSession(id));
    Script drained = chapter.Begin("queue.drained" + at);
    LeaveSubscriber(drained, id, topic, qos).As(0).Connect().Publish(topic, "queued", qos).Disconnect().As(1);
    drained.Connect(drained.LastingPacket(id)).Expect(Type::kPublish);
    if (qos == 1) drained.Answer(Type::kPuback).Settle();
    if (qos == 2) drained.Answer(Type::kPubrec).Expect(Type::kPubrel).Answer(Type::kPubcomp).Settle();
    chapter.Add(drained.Disconnect().ForgetSession(id));
    Script refused = chapter.Begin("queue.not-answered" + at);
    LeaveSubscriber(refused, id, topic, qos).As(0).Connect().Publish(topic, "queued", qos).Disconnect().As(1);
    refused.Connect(refused.LastingPacket(id)).Expect(Type::kPublish).Reset();
    chapter.Add(refused.Connect(refused.LastingPacket(id)).Expect(Type::kPublish).Finish().ForgetSession(id));
  }
  Script half = chapter.Begin("handshake-half-sent");
  const Packet two = half.PublishPacket(topic, "m", 2);
  half.Connect(half.LastingPacket(id)).Send(two).Expect(Type::kPubrec).Reset().Connect(half.LastingPacket(id));
  chapter.Add(half.Send(Script::IdPacket(Type::kPubrel, 1)).Expect(Type::kPubcomp).Disconnect().ForgetSession(id));
  Script never = chapter.Begin("handshake-never-finished");
  never.Connect(never.LastingPacket(id)).Send(two).Expect(Type::kPubrec).Reset();
  chapter.Add(never.ForgetSession(id));
  Script will = chapter.Begin("will-replaced");
  Packet first = will.LastingPacket(id);
  first.will = mqtt::Will{topic, "first", 1, false, {}};
  Packet second = first;
  second.will->payload = "a second, longer will";
  chapter.Add(will.Connect(first).Reset().Sync().Connect(second).Disconnect().ForgetSession(id));
}

/// Ended by the broker's clock.
void AddTimed(std::vector<Operation>& to) {
  const Chapter chapter("session", Version::k5, to);
  const std::string id = RoundId("s"), topic = RoundTopic();
  const auto lasting = [&](const Script& script, std::uint32_t seconds) {
    Packet connect = script.LastingPacket(id);
    connect.properties = {{.id = mqtt::kSessionExpiryInterval, .number = seconds}};
    return connect;
  };
  Script expired = chapter.Begin("expired");
  chapter.Add(expired.Connect(lasting(expired, 1)).Subscribe(topic, 1).Finish().RestsFor(kTimedRestMs));
  Script queue = chapter.Begin("expired.with-queue");
  queue.As(1).Connect(lasting(queue, 1)).Subscribe(topic, 1).Finish();
  chapter.Add(queue.As(0).Connect().Publish(topic, "queued", 1).Disconnect().RestsFor(kTimedRestMs));
  Script shorter = chapter.Begin("expiry-shortened-by-disconnect");
  Packet end = Script::IdPacket(Type::kDisconnect, 0);
  end.properties = {{.id = mqtt::kSessionExpiryInterval, .number = 0}};
  chapter.Add(shorter.Connect(lasting(shorter, 1'000'000)).Subscribe(topic, 1).Send(end).Finish());
  Script delayed = chapter.Begin("will-delayed");
  Packet connect = lasting(delayed, 2);
  connect.will = mqtt::Will{topic, "late", 1, false, {{.id = mqtt::kWillDelayInterval, .number = 1}}};
  chapter.Add(delayed.Connect(connect).Reset().Sync().RestsFor(kTimedRestMs));
  Script cancelled = chapter.Begin("will-delay-cancelled");
  chapter.Add(cancelled.Connect(connect).Reset().Sync().Connect(connect).Disconnect().ForgetSession(id));
  Script message = chapter.Begin("message-expires");
  Packet publish = message.PublishPacket(topic, "queued", 1);
  publish.properties = {{.id = mqtt::kMessageExpiryInterval, .number = 1}};
  LeaveSubscriber(message, id, topic, 1).As(0).Connect().Send(publish).Expect(Type::kPuback).Disconnect();
  chapter.Add(message.ForgetSession(id));
}

void AddLimits(std::vector<Operation>& to) {
  const Chapter chapter("limit", Version::k5, to);
  const std::string topic = RoundTopic();
  for (std::uint8_t qos = 0; qos < 3; ++qos) {
    Script small = chapter.Begin("message-above-maximum-packet-size.qos" + std::to_string(qos));
    Packet connect = small.As(1).ConnectPacket();
    connect.properties = {{.id = mqtt::kMaximumPacketSize, .number = 60}};
    small.Connect(connect).Subscribe(topic, qos).As(0).Connect().Publish(topic, std::string(200, 'm'), qos);
    chapter.Add(small.Disconnect().As(1).Settle().Finish());
    Script few = chapter.Begin("receive-maximum-1.qos" + std::to_string(qos));
    Packet limited = few.As(1).ConnectPacket();
    limited.properties = {{.id = mqtt::kReceiveMaximum, .number = 1}};
    few.Connect(limited).Subscribe(topic, qos).As(0).Connect();
    for (int i = 0; i < 4; ++i) few.Publish(topic, "m", qos);
    chapter.Add(few.Disconnect().As(1).Settle().Finish());
  }
  Script tiny = chapter.Begin("maximum-packet-size-1");
  Packet connect = tiny.ConnectPacket();
  connect.properties = {{.id = mqtt::kMaximumPacketSize, .number = 1}};
  chapter.Add(tiny.Open().Send(connect).Settle().Finish());
  const auto alias = [&](const char* name, std::uint32_t number, const std::string& with_topic) {
    Script script = chapter.Begin(std::string("topic-alias.") + name);
    Packet publish = script.PublishPacket(topic, "m", 0);
    publish.topic = with_topic;
    publish.properties = {{.id = mqtt::kTopicAlias, .number = number}};
    Packet again = publish;
    again.topic.clear();
    chapter.Add(script.Connect().Send(publish).Send(again).Settle().Send(publish).Settle().Finish());
  };
  alias("used", 1, topic);
  alias("highest", 10, topic);
  alias("too-high", 65'535, topic);
  alias("zero", 0, topic);
  alias("unknown", 2, "");
  Script many = chapter.Begin("topic-alias.all-then-replaced");
  many.Connect();
  for (std::uint32_t number = 1; number <= 20; ++number) {
    Packet publish = many.PublishPacket(topic + std::to_string(number), "m", 0);
    publish.properties = {{.id = mqtt::kTopicAlias, .number = number % 10 + 1}};
    many.Send(publish);
  }
  chapter.Add(many.Settle().Finish());
  Script own = chapter.Begin("subscriber-with-aliases");
  Packet subscriber = own.As(1).ConnectPacket();
  subscriber.properties = {{.id = mqtt::kTopicAliasMaximum, .number = 5}};
  own.Connect(subscriber).Subscribe("hunt/#", 0).As(0).Connect();
  for (int i = 0; i < 8; ++i) own.Publish(topic + std::to_string(i), "m", 0);
  chapter.Add(own.Disconnect().As(1).Settle().Finish());
}

}  // namespace

void AddSessions(std::vector<Operation>& to) {
  for (const Version version : kVersions) AddLasting(version, to);
  AddTimed(to);
  AddLimits(to);
}

}  // namespace mqtrack::hunt
