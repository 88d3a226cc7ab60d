// Each packet with one thing wrong in its form: each flag, its length, its end.
#include "libtrack/hunt/catalogue/malformed_operations.h"

#include <set>
#include <string>

#include "libtrack/hunt/catalogue/chapter.h"
#include "libtrack/hunt/catalogue/in_place.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Type;
using mqtt::Version;

void AddFormsOf(Type type, Version version, std::vector<Operation>& to) {
  const Chapter chapter("form." + LowerCase(mqtt::TypeName(type)), version, to);
  const Script plain = chapter.Begin("");
  const mqtt::Packet usual = UsualPacket(plain, type);
  const std::string body = mqtt::WriteBody(usual, version);
  const auto first = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | usual.flags);
  const auto begin = [&](const std::string& name) {
    Script script = chapter.Begin(name);
    EnterPlaceOf(script, type);
    return script;
  };
  chapter.Add(begin("as-it-should-be").Raw(mqtt::Frame(first, body)).Settle().Finish());
  for (unsigned bit = 1; bit < 16; bit *= 2) {
    const std::string bytes = mqtt::Frame(static_cast<std::uint8_t>(first ^ bit), body);
    Script script = begin("flag-" + std::to_string(bit)).Raw(bytes).Settle().Finish();
    // One of them is no mistake, but RETAIN.
    if (type == Type::kPublish && bit == 1) script.Connect().Publish(RoundTopic(), "", 0, true).Disconnect();
    chapter.Add(script);
  }
  chapter.Add(begin("byte-too-many").Raw(mqtt::Frame(first, body + "x")).Settle().Finish());
  chapter.Add(begin("no-body").Raw(mqtt::Frame(first, "")).Settle().Finish());
  chapter.Add(begin("long-body").Raw(mqtt::Frame(first, body + std::string(70'000, 'x'))).Settle().Finish());
  if (body.empty()) return;
  for (const std::size_t size : std::set<std::size_t>{1, body.size() / 2, body.size() - 1}) {
    const std::string at = std::to_string(size);
    if (size == 0 || size == body.size()) continue;
    // Its length says so: the packet is complete, and wrong.
    chapter.Add(begin("short." + at).Raw(mqtt::Frame(first, body.substr(0, size))).Settle().Finish());
    // The rest never comes.
    const std::string whole = mqtt::Frame(first, body);
    const std::string half = whole.substr(0, whole.size() - body.size() + size);
    chapter.Add(begin("half-sent." + at).Raw(half).Sync().Finish());
  }
}

}  // namespace

void AddMalformed(std::vector<Operation>& to) {
  for (const Version version : kVersions) {
    for (unsigned type = 1; type < 16; ++type) AddFormsOf(static_cast<Type>(type), version, to);
  }
}

}  // namespace mqtrack::hunt
