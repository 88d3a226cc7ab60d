// Every way a connection can end, in every state of its client.
#include "libtrack/hunt/catalogue/ending_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;
using namespace std::string_literals;

struct State {
  const char* name;
  void (*enter)(Script& script);
};

void Unanswered(Script& script, std::uint8_t qos) {
  script.Connect().Subscribe(RoundTopic(), qos).Send(script.PublishPacket(RoundTopic(), "m", qos));
  if (qos == 2) script.Expect(Type::kPubrec).Send(Script::IdPacket(Type::kPubrel, 1));
  script.Expect(Type::kPublish);
}

constexpr State kStates[] = {
    {"connected", [](Script& script) { script.Connect(); }},
    {"connack-not-read", [](Script& script) { script.Open().Send(script.ConnectPacket()).Sync(); }},
    {"subscribed", [](Script& script) { script.Connect().Subscribe(RoundTopic(), 1); }},
    {"sent-qos1",
     [](Script& script) { script.Connect().Send(script.PublishPacket(RoundTopic(), "m", 1)).Expect(Type::kPuback); }},
    {"sent-qos2",
     [](Script& script) { script.Connect().Send(script.PublishPacket(RoundTopic(), "m", 2)).Expect(Type::kPubrec); }},
    {"sent-qos2-released",
     [](Script& script) {
       script.Connect().Send(script.PublishPacket(RoundTopic(), "m", 2)).Expect(Type::kPubrec);
       script.Send(Script::IdPacket(Type::kPubrel, 1)).Expect(Type::kPubcomp);
     }},
    {"received-qos1", [](Script& script) { Unanswered(script, 1); }},
    {"received-qos2", [](Script& script) { Unanswered(script, 2); }},
    {"received-qos2-pubrec",
     [](Script& script) {
       Unanswered(script, 2);
       script.Answer(Type::kPubrec).Expect(Type::kPubrel);
     }},
    {"with-will",
     [](Script& script) {
       Packet connect = script.ConnectPacket();
       connect.will = mqtt::Will{RoundTopic("will"), "gone", 1, false, {}};
       script.Connect(connect);
     }},
};

void AddEndingsOf(const State& state, Version version, std::vector<Operation>& to) {
  const Chapter chapter(std::string("end.") + state.name, version, to);
  const auto add = [&](const char* name, const auto& end) {
    Script script = chapter.Begin(name);
    state.enter(script);
    end(script);
    chapter.Add(script);
  };
  add("disconnect", [](Script& script) { script.Disconnect(); });
  add("fin", [](Script& script) { script.Finish(); });
  add("rst", [](Script& script) { script.Reset(); });
  add("half-header", [](Script& script) { script.Raw("\x30"s).Sync().Finish(); });
  add("half-length", [](Script& script) { script.Raw("\x30\xff\xff"s).Sync().Reset(); });
  add("half-packet", [](Script& script) { script.Raw("\x30\xe8\x07\0\x04half"s).Sync().Finish(); });
  add("half-packet.rst", [](Script& script) { script.Raw("\x30\xe8\x07\0\x04half"s).Sync().Reset(); });
  add("huge-announced", [](Script& script) { script.Raw("\x30\xff\xff\x3f\0\x04huge"s).Sync().Finish(); });
  add("type-0", [](Script& script) { script.Raw("\0\0"s).Settle().Finish(); });
  add("taken-over", [](Script& script) {
    Packet same = script.ConnectPacket();
    script.As(5).Connect(same).Disconnect().As(0).Closed();
  });
  add("disconnect-then-more", [](Script& script) { script.Raw("\xe0\0\xc0\0\x30\x05\0\x01tmm"s).Finish(); });
  if (version != Version::k5) return;
  add("disconnect-with-will", [](Script& script) { script.Disconnect(4); });
  add("disconnect-error", [](Script& script) { script.Disconnect(0x81); });
}

}  // namespace

void AddEndings(std::vector<Operation>& to) {
  for (const Version version : kVersions) {
    for (const State& state : kStates) AddEndingsOf(state, version, to);
  }
}

}  // namespace mqtrack::hunt
