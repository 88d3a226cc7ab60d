#include "libtrack/disturb/disturbance.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libtrack/support/byte_text.h"
#include "libtrack/support/words.h"

namespace mqtrack::disturb {
namespace {

using mqtt::Type;
using nlohmann::json;
using nlohmann::ordered_json;
using support::Error;
using support::ErrorCode;
using support::Result;
using namespace std::string_literals;

constexpr const char* kKinds[] = {"refuse", "close", "cut", "drop", "silent", "send"};
constexpr int kSilence = 200;  // milliseconds

Disturbance At(const char* name, Kind kind, Type at, bool passes = false, bool reset = false) {
  Disturbance made;
  made.name = name, made.kind = kind, made.at = at, made.passes = passes, made.reset = reset;
  if (kind == Kind::kSilent) made.ms = kSilence;
  return made;
}

Disturbance Refusal(std::uint8_t reason) {
  Disturbance made = At("refuse", Kind::kRefuse, Type::kConnect);
  made.name += "-" + std::to_string(reason);
  made.reason = reason;
  return made;
}

Disturbance Sent(const char* name, std::string bytes) {
  Disturbance made = At(name, Kind::kSend, Type::kPingreq);
  made.bytes = std::move(bytes);
  return made;
}

std::vector<Disturbance> Reconnects() {
  std::vector<Disturbance> plan;
  for (std::uint8_t reason = 1; reason <= 5; ++reason) plan.push_back(Refusal(reason));
  for (const Disturbance& one :
       {At("close-at-connect", Kind::kClose, Type::kConnect),
        At("reset-at-connect", Kind::kClose, Type::kConnect, false, true),
        At("silent-at-connect", Kind::kSilent, Type::kConnect),
        At("close-before-connack", Kind::kClose, Type::kConnack), At("half-connack", Kind::kCut, Type::kConnack),
        At("close-after-connack", Kind::kClose, Type::kConnack, true),
        At("reset-after-connack", Kind::kClose, Type::kConnack, true, true),
        At("close-at-subscribe", Kind::kClose, Type::kSubscribe), At("half-suback", Kind::kCut, Type::kSuback),
        At("close-after-suback", Kind::kClose, Type::kSuback, true)})
    plan.push_back(one);
  return plan;
}

std::vector<Disturbance> Traffic() {
  return {At("close-at-publish", Kind::kClose, Type::kPublish),
          At("reset-at-publish", Kind::kClose, Type::kPublish, false, true),
          At("close-after-publish", Kind::kClose, Type::kPublish, true),
          At("half-publish", Kind::kCut, Type::kPublish),
          At("drop-puback", Kind::kDrop, Type::kPuback),
          At("close-at-puback", Kind::kClose, Type::kPuback),
          At("close-at-pubrec", Kind::kClose, Type::kPubrec),
          At("close-at-pubrel", Kind::kClose, Type::kPubrel),
          At("close-at-pubcomp", Kind::kClose, Type::kPubcomp)};
}

std::vector<Disturbance> Unexpected() {
  return {Sent("sent-type-0", "\0\0"s),
          Sent("sent-puback-of-nothing", "\x40\x02\x7f\xff"s),
          Sent("sent-pubrel-of-nothing", "\x62\x02\x7f\xff"s),
          Sent("sent-connack-again", "\x20\x02\0\0"s),
          Sent("sent-disconnect", "\xe0\0"s),
          Sent("sent-half-publish", "\x30\x10\0\x02t"s),
          Sent("sent-publish-without-topic", "\x30\x02\0\0"s),
          Sent("sent-bad-length", "\x30\xff\xff\xff\xff\xff"s)};
}

/// What goes wrong with one entry, or nothing.
std::string ReadEntry(const json& entry, Disturbance& to) {
  if (!entry.is_object()) return "is no object";
  for (const auto& [key, value] : entry.items()) {
    const std::vector<std::string> known = {"do", "name", "at", "passes", "reset", "reason", "ms", "hex"};
    if (std::find(known.begin(), known.end(), key) == known.end())
      return "has an unknown key \"" + key + "\"" + support::DidYouMean(key, known);
    const bool is_text = key == "do" || key == "name" || key == "at" || key == "hex";
    const bool is_flag = key == "passes" || key == "reset";
    if (is_text ? !value.is_string() : is_flag ? !value.is_boolean() : !value.is_number_unsigned())
      return key + " is of a wrong type";
  }
  const std::string what = entry.value("do", "");
  const auto kind = std::find(std::begin(kKinds), std::end(kKinds), what);
  if (kind == std::end(kKinds)) return "do is none of " + support::Join({std::begin(kKinds), std::end(kKinds)});
  to.kind = static_cast<Kind>(kind - std::begin(kKinds));
  to.at = to.kind == Kind::kSend ? Type::kPingreq : Type::kConnect;
  if (const std::string at = entry.value("at", ""); !at.empty()) {
    unsigned type = 1;
    while (type < 16 && at != mqtt::TypeName(static_cast<Type>(type))) ++type;
    if (type == 16) return "at is no packet: " + at;
    to.at = static_cast<Type>(type);
  }
  const auto reason = entry.value("reason", 0U), ms = entry.value("ms", static_cast<unsigned>(kSilence));
  if (reason > 255 || ms > 3'600'000) return "has a number that is too large";
  to.reason = static_cast<std::uint8_t>(reason);
  to.ms = static_cast<int>(ms);
  to.passes = entry.value("passes", false);
  to.reset = entry.value("reset", false);
  const std::string hex = entry.value("hex", "");
  if (hex.size() % 2 != 0) return "hex is none";
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = support::HexDigitValue(hex[i]), low = support::HexDigitValue(hex[i + 1]);
    if (high < 0 || low < 0) return "hex is none";
    to.bytes.push_back(static_cast<char>(high << 4 | low));
  }
  if (to.kind == Kind::kSend && to.bytes.empty()) return "send needs \"hex\"";
  to.name = entry.value("name", what + "-" + std::string(mqtt::TypeName(to.at)));
  return {};
}

}  // namespace

std::vector<std::string> ReadyPlanNames() { return {"all", "reconnect", "traffic", "unexpected"}; }

std::vector<Disturbance> ReadyPlan(const std::string& name) {
  if (name == "reconnect") return Reconnects();
  if (name == "traffic") return Traffic();
  if (name == "unexpected") return Unexpected();
  std::vector<Disturbance> all;
  if (name != "all") return all;
  for (const char* part : {"reconnect", "traffic", "unexpected"}) {
    for (Disturbance& one : ReadyPlan(part)) all.push_back(std::move(one));
  }
  return all;
}

std::string PlanLine(const Disturbance& one) {
  ordered_json line;
  line["do"] = kKinds[static_cast<std::size_t>(one.kind)];
  line["name"] = one.name;
  if (one.kind == Kind::kRefuse) line["reason"] = one.reason;
  if (one.kind != Kind::kRefuse && one.kind != Kind::kSend) line["at"] = mqtt::TypeName(one.at);
  if (one.passes) line["passes"] = true;
  if (one.reset) line["reset"] = true;
  if (one.kind == Kind::kSilent) line["ms"] = one.ms;
  if (one.kind == Kind::kSend) line["hex"] = support::EncodeHex(one.bytes);
  return line.dump();
}

Result<std::vector<Disturbance>> ParsePlan(std::string_view text, const std::string& where) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_array() || parsed.empty())
    return Error{ErrorCode::kBadInput, "is no JSON list of disturbances, such as [{\"do\": \"refuse\", \"reason\": 5}]",
                 where};
  std::vector<Disturbance> plan;
  for (const json& entry : parsed) {
    Disturbance one;
    const std::string problem = ReadEntry(entry, one);
    if (!problem.empty())
      return Error{ErrorCode::kBadInput, problem, where + ", number " + std::to_string(plan.size() + 1)};
    plan.push_back(std::move(one));
  }
  return plan;
}

}  // namespace mqtrack::disturb
