// SUBSCRIBE and UNSUBSCRIBE: filters and options, good and bad, shared ones, and those that are denied.
#include "libtrack/hunt/catalogue/subscribe_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;
using namespace std::string_literals;

void AddFilters(Version version, std::vector<Operation>& to) {
  const Chapter chapter("subscribe.filter", version, to);
  const auto add = [&](const char* name, const std::string& filter, std::uint32_t needs = kNeedsNothing) {
    Script script = chapter.Begin(name);
    script.Connect().Send(Script::SubscribePacket(filter, 1)).Settle();
    chapter.Add(script.Send(Script::UnsubscribePacket(filter)).Settle().Finish().Needs(needs));
    Script kept = chapter.Begin(std::string(name) + ".not-unsubscribed");
    chapter.Add(kept.Connect().Send(Script::SubscribePacket(filter, 1)).Settle().Finish().Needs(needs));
  };
  add("new", RoundTopic());
  add("all", "#");
  add("plus", "+/+/" + RoundTopic());
  add("sys", "$SYS/#");
  add("empty", "");
  add("hash-inside", "a/#/b");
  add("hash-in-word", "a/b#");
  add("plus-in-word", "a+/b");
  add("with-nul", "a\0b"s);
  add("not-utf8", "\xff\xfe");
  add("longest", std::string(65'535, 't'));
  add("deep", std::string(300, '/'));
  add("denied", "denied/#", kNeedsAcl);
  add("shared", "$share/group/" + RoundTopic());
  add("shared.new-group", "$share/" + RoundId() + "/t");
  add("shared.no-group", "$share//t");
  add("shared.no-filter", "$share/group");
  add("shared.empty-filter", "$share/group/");
  add("shared.wildcard-group", "$share/a+b/t");
}

void AddForms(Version version, std::vector<Operation>& to) {
  const Chapter chapter("subscribe", version, to);
  const std::string topic = RoundTopic();
  const auto packet = [&](const char* name, const Packet& subscribe) {
    chapter.Add(chapter.Begin(name).Connect().Send(subscribe).Settle().Finish());
  };
  Packet subscribe = Script::SubscribePacket(topic, 0);
  subscribe.packet_id = 0;
  packet("id-0", subscribe);
  subscribe.packet_id = 1;
  subscribe.subscriptions.clear();
  packet("no-filter", subscribe);
  for (unsigned options = 3; options < 256; options = options < 4 ? 4 : options * 2) {
    subscribe.subscriptions = {{topic, static_cast<std::uint8_t>(options)}};
    packet(("options." + std::to_string(options)).c_str(), subscribe);
  }
  subscribe.subscriptions = {{topic, 0x30}};  // retain handling 3
  packet("options.48", subscribe);
  subscribe.subscriptions.assign(100, {topic, 1});
  packet("same-filter-hundred-times", subscribe);
  subscribe.subscriptions.clear();
  for (int i = 0; i < 100; ++i) subscribe.subscriptions.push_back({topic + std::to_string(i), 2});
  packet("hundred-filters", subscribe);
  subscribe.subscriptions = {{topic, 0}, {"a/#/b", 0}, {topic + "x", 1}};
  packet("one-bad-filter-of-three", subscribe);
  Packet unsubscribe = Script::UnsubscribePacket(topic);
  packet("unsubscribe.never-subscribed", unsubscribe);
  unsubscribe.subscriptions.clear();
  packet("unsubscribe.no-filter", unsubscribe);
  unsubscribe.subscriptions = {{"a/#/b", 0}};
  packet("unsubscribe.bad-filter", unsubscribe);
  unsubscribe.subscriptions = {{"", 0}};
  packet("unsubscribe.empty-filter", unsubscribe);
  for (std::uint8_t qos = 0; qos < 3; ++qos) {
    Script again = chapter.Begin("again-at-other-qos.from-" + std::to_string(qos));
    again.Connect().Subscribe(topic, qos).Subscribe(topic, static_cast<std::uint8_t>((qos + 1) % 3));
    chapter.Add(again.Disconnect());
  }
}

void AddShared(Version version, std::vector<Operation>& to) {
  const Chapter chapter("shared", version, to);
  for (std::uint8_t qos = 0; qos < 3; ++qos) {
    const std::string filter = "$share/" + RoundId("g") + "/" + RoundTopic();
    Script script = chapter.Begin("two-members.qos" + std::to_string(qos));
    script.As(1).Connect().Subscribe(filter, qos).As(2).Connect().Subscribe(filter, qos).As(0).Connect();
    for (int i = 0; i < 4; ++i) script.Publish(RoundTopic(), "m", qos);
    chapter.Add(script.As(1).Reset().As(0).Publish(RoundTopic(), "m", qos).As(2).Finish().As(0).Disconnect());
  }
  Script left = chapter.Begin("member-leaves");
  const std::string filter = "$share/" + RoundId("g") + "/" + RoundTopic();
  left.As(1).Connect().Subscribe(filter, 1).As(2).Connect().Subscribe(filter, 1);
  left.As(1).Send(Script::UnsubscribePacket(filter)).Expect(Type::kUnsuback);
  chapter.Add(left.As(0).Connect().Publish(RoundTopic(), "m", 1).As(2).Expect(Type::kPublish).Answer(Type::kPuback));
  if (version != Version::k5) return;
  Script own = chapter.Begin("no-local");  // a protocol error
  chapter.Add(own.Connect().Send(Script::SubscribePacket(filter, 0x04)).Settle().Finish());
}

}  // namespace

void AddSubscriptions(std::vector<Operation>& to) {
  for (const Version version : kVersions) {
    AddFilters(version, to);
    AddForms(version, to);
    AddShared(version, to);
  }
}

}  // namespace mqtrack::hunt
