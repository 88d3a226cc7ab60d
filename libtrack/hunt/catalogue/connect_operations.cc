// CONNECT: accepted, refused, repeated, taken over; wills; and what is no CONNECT where one belongs.
#include "libtrack/hunt/catalogue/connect_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"
#include "libtrack/mqtt/wire.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;
using namespace std::string_literals;

constexpr std::size_t kLongest = 65'535;  // bytes of a text

Packet WithWill(const Script& script, std::uint8_t qos, bool retain) {
  Packet connect = script.ConnectPacket();
  connect.will = mqtt::Will{RoundTopic("will"), "gone", qos, retain, {}};
  return connect;
}

void AddAccepted(Version version, std::vector<Operation>& to) {
  const Chapter chapter("connect", version, to);
  chapter.Add(chapter.Begin("disconnect").Connect().Disconnect());
  chapter.Add(chapter.Begin("fin").Connect().Finish());
  chapter.Add(chapter.Begin("rst").Connect().Reset());
  chapter.Add(chapter.Begin("ping").Connect().Settle().Disconnect());
  Script longest = chapter.Begin("longest-id");
  Packet connect = longest.ConnectPacket();
  connect.client_id.resize(kLongest, 'x');
  chapter.Add(longest.Open().Send(connect).Settle().Finish());
  Script empty = chapter.Begin("empty-id");
  connect.client_id.clear();
  chapter.Add(empty.Open().Send(connect).Settle().Finish());
  connect.clean_start = false;
  Script lasting = chapter.Begin("empty-id.not-clean");
  chapter.Add(lasting.Open().Send(connect).Settle().Finish());
  Script twice = chapter.Begin("twice");
  chapter.Add(twice.Connect().Send(twice.ConnectPacket()).Settle().Finish());
  Script taken = chapter.Begin("taken-over");
  const Packet same = taken.ConnectPacket();
  chapter.Add(taken.Connect(same).As(1).Connect(same).As(0).Closed().As(1).Disconnect());
  Script will_taken = chapter.Begin("taken-over.with-will");
  const Packet with_will = WithWill(will_taken, 1, false);
  chapter.Add(will_taken.Connect(with_will).As(1).Connect(with_will).As(0).Closed().As(1).Disconnect());
  Script silent = chapter.Begin("keep-alive-runs-out");
  Packet short_lived = silent.ConnectPacket();
  short_lived.keep_alive_seconds = 1;
  chapter.Add(silent.Connect(short_lived).Closed().AtOnce());
}

void AddRefused(Version version, std::vector<Operation>& to) {
  const Chapter chapter("connect", version, to);
  const auto refused = [&](const char* name, const auto& change, std::uint32_t needs = kNeedsNothing) {
    Script script = chapter.Begin(name);
    Packet connect = script.ConnectPacket();
    change(connect);
    chapter.Add(script.Open().Send(connect).Settle().Finish().Needs(needs));
  };
  const auto user = [](const char* name, const char* password) {
    return [=](Packet& connect) { connect.user_name = name, connect.password = password; };
  };
  refused("right-password", user("hunter", "right"), kNeedsPasswords);
  refused("wrong-password", user("hunter", "wrong"), kNeedsPasswords);
  refused("unknown-user", user("nobody", "right"), kNeedsPasswords);
  refused(
      "user-without-password", [](Packet& connect) { connect.user_name = "hunter"; }, kNeedsPasswords);
  refused("password-without-user", [](Packet& connect) { connect.password = "right"; });
  refused("longest-password", user("hunter", std::string(kLongest, 'p').c_str()), kNeedsPasswords);
  refused("id-not-utf8", [](Packet& connect) { connect.client_id = "\xff\xfe"; });
  refused("id-with-nul", [](Packet& connect) { connect.client_id = "a\0b"s; });
  refused("user-not-utf8", user("\xc0\x80", "x"));
  refused("will-topic-empty", [](Packet& connect) { connect.will = mqtt::Will{"", "gone", 0, false, {}}; });
  refused("will-topic-wildcard", [](Packet& connect) { connect.will = mqtt::Will{"a/#", "gone", 0, false, {}}; });
  refused("will-topic-not-utf8", [](Packet& connect) { connect.will = mqtt::Will{"\xff", "gone", 0, false, {}}; });
  refused(
      "will-topic-denied",
      [](Packet& connect) {
        connect.will = mqtt::Will{"denied/w", "gone", 1, true, {}};
      },
      kNeedsAcl);
}

/// The connect flags one bit wrong at a time, and the name and level of the protocol.
void AddWrongForms(Version version, std::vector<Operation>& to) {
  const Chapter chapter("connect", version, to);
  const std::size_t flags_at = version == Version::k31 ? 9 : 7;
  const auto changed = [&](const std::string& name, std::size_t at, char value, bool with_will) {
    Script script = chapter.Begin(name);
    Packet connect = with_will ? WithWill(script, 1, true) : script.ConnectPacket();
    std::string body = mqtt::WriteBody(connect, version);
    body[at] = static_cast<char>(value == 0 ? body[at] : value);
    chapter.Add(script.Open().Raw(mqtt::Frame(0x10, body)).Settle().Finish());
  };
  changed("flag.reserved", flags_at, 0x03, false);
  changed("flag.will-missing", flags_at, 0x06, false);
  changed("flag.will-retain-without-will", flags_at, 0x22, false);
  changed("flag.will-qos-without-will", flags_at, 0x0a, false);
  changed("flag.will-qos-3", flags_at, 0x3e, true);
  changed("flag.user-missing", flags_at, '\x82', false);
  changed("flag.all", flags_at, '\xff', true);
  changed("level.0x7f", flags_at - 1, 0x7f, false);
  changed("level.bridge", flags_at - 1, static_cast<char>(0x80 | static_cast<int>(version)), false);
  changed("name.wrong", 2, 'X', false);
  changed("name.length", 1, 0x7f, false);
}

void AddWills(Version version, std::vector<Operation>& to) {
  const Chapter chapter("will", version, to);
  for (std::uint8_t qos = 0; qos < 3; ++qos) {
    for (const bool retain : {false, true}) {
      const std::string kind = "qos" + std::to_string(qos) + (retain ? ".retained" : "");
      const auto undo = [&](Script& script) {
        if (!retain) return;
        script.As(7).Connect().Publish(RoundTopic("will"), "", 0, true).Disconnect();
      };
      Script dropped = chapter.Begin(kind + ".disconnect");
      chapter.Add(dropped.Connect(WithWill(dropped, qos, retain)).Disconnect());
      Script sent = chapter.Begin(kind + ".rst");
      sent.Connect(WithWill(sent, qos, retain)).Reset().Sync();
      undo(sent);
      chapter.Add(sent);
      Script received = chapter.Begin(kind + ".received");
      received.As(1).Connect().Subscribe(RoundTopic("will"), qos).As(0);
      received.Connect(WithWill(received, qos, retain)).Finish().As(1).Expect(Type::kPublish);
      if (qos == 1) received.Answer(Type::kPuback);
      if (qos == 2) received.Answer(Type::kPubrec).Expect(Type::kPubrel).Answer(Type::kPubcomp);
      received.Disconnect();
      undo(received);
      chapter.Add(received);
    }
  }
}

/// The first packet is none that may be the first.
void AddNotConnect(Version version, std::vector<Operation>& to) {
  const Chapter chapter("first", version, to);
  for (unsigned type = 0; type < 16; ++type) {
    if (type == 1) continue;
    const std::string name = type == 0 ? "type-0" : LowerCase(mqtt::TypeName(static_cast<Type>(type)));
    Packet packet = Script::IdPacket(static_cast<Type>(type), 1);
    packet.topic = "t";
    packet.subscriptions = {{"t", 0}};
    chapter.Add(chapter.Begin(name).Open().Send(packet).Sync().Finish());
  }
  chapter.Add(chapter.Begin("nothing").Open().Sync().Finish());
  chapter.Add(chapter.Begin("nothing.rst").Open().Sync().Reset());
  chapter.Add(chapter.Begin("http").Open().Raw("GET / HTTP/1.1\r\nHost: broker\r\n\r\n").Sync().Finish());
  chapter.Add(chapter.Begin("length-without-end").Open().Raw("\x10\xff\xff\xff\xff\xff"s).Sync().Finish());
  Script whole = chapter.Begin("cut");
  const std::string connect = mqtt::Write(WithWill(whole, 1, true), version);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{2}, std::size_t{6}, connect.size() / 2, connect.size() - 1}) {
    const std::string kind = "connect-cut." + std::to_string(size);
    chapter.Add(chapter.Begin(kind).Open().Raw(connect.substr(0, size)).Sync().Finish());
    chapter.Add(chapter.Begin(kind + ".rst").Open().Raw(connect.substr(0, size)).Sync().Reset());
  }
}

}  // namespace

void AddConnects(std::vector<Operation>& to) {
  for (const Version version : kVersions) {
    AddAccepted(version, to);
    AddRefused(version, to);
    AddWrongForms(version, to);
    AddWills(version, to);
    AddNotConnect(version, to);
  }
}

}  // namespace mqtrack::hunt
