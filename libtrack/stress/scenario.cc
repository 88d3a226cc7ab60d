#include "libtrack/stress/scenario.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libtrack/support/words.h"

namespace mqtrack::stress {
namespace {

using nlohmann::json;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr const char* kActions[] = {"connect",    "subscribe", "unsubscribe", "publish", "clear",
                                    "disconnect", "drop",      "reconnect",   "wait"};

/// The members of one object, each to be taken once. What nobody took is unknown.
class Members {
 public:
  Members(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) Fail("is no object");
  }
  template <typename T>
  void Number(const char* key, T& to, double least, double most) {
    const json* value = Take(key);
    if (value == nullptr) return;
    if (!value->is_number()) return Fail(std::string(key) + " is no number");
    const double number = value->get<double>();
    if (!(number >= least && number <= most))
      return Fail(std::string(key) + " is not from " + Short(least) + " to " + Short(most));
    to = static_cast<T>(number);
  }
  void Flag(const char* key, bool& to) {
    const json* value = Take(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return Fail(std::string(key) + " is neither true nor false");
    to = value->get<bool>();
  }
  bool Text(const char* key, std::string& to) {
    const json* value = Take(key);
    if (value == nullptr) return false;
    if (!value->is_string()) {
      Fail(std::string(key) + " is no text");
      return false;
    }
    to = value->get<std::string>();
    return true;
  }
  const json* Take(const char* key) {
    known_.emplace_back(key);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  void Fail(const std::string& what) {
    if (problem_.empty()) problem_ = what;
  }
  [[nodiscard]] Status End() {
    if (object_.is_object()) {
      for (const auto& [key, value] : object_.items()) {
        if (std::find(known_.begin(), known_.end(), key) == known_.end())
          problem_ = "has an unknown key \"" + key + "\"" + support::DidYouMean(key, known_);
      }
    }
    return problem_.empty() ? Status() : Status(Error{ErrorCode::kBadInput, problem_, where_});
  }

 private:
  static std::string Short(double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }
  const json& object_;
  std::string where_, problem_;
  std::vector<std::string> known_;
};

constexpr double kMostClients = 1e6, kMostSeconds = 86'400, kMostRate = 1e7;

Result<Group> ReadGroup(const json& object, const std::string& where) {
  Group group;
  Members members(object, where);
  std::string version;
  if (!members.Text("name", group.name) || group.name.empty()) members.Fail("has no name");
  members.Number("clients", group.clients, 1, kMostClients);
  if (members.Text("version", version)) {
    if (version == "3.1")
      group.version = mqtt::Version::k31;
    else if (version == "5")
      group.version = mqtt::Version::k5;
    else if (version != "3.1.1")
      members.Fail("version is none of \"3.1\", \"3.1.1\" and \"5\"");
  }
  members.Flag("clean", group.clean);
  members.Number("session_expiry", group.session_expiry, 0, 4294967295.0);
  members.Number("keep_alive", group.keep_alive, 0, 65'535);
  members.Number("qos", group.qos, 0, 2);
  members.Text("topic", group.topic);
  members.Number("payload", group.payload, 24, 1e8);
  members.Flag("will", group.will);
  members.Number("same_id", group.same_id, 1, kMostClients);
  members.Flag("reads", group.reads);
  members.Flag("answers", group.answers);
  if (Status end = members.End(); !end) return end.error();
  return group;
}

Result<Stage> ReadStage(const json& object, const std::vector<Group>& groups, const std::string& where) {
  Stage stage;
  Members members(object, where);
  std::string action, group;
  if (!members.Text("do", action)) members.Fail("does nothing: it needs \"do\"");
  const auto known = std::find(std::begin(kActions), std::end(kActions), action);
  if (known == std::end(kActions) && !action.empty())
    members.Fail("do is none of " + support::Join({std::begin(kActions), std::end(kActions)}));
  if (known != std::end(kActions)) stage.action = static_cast<Action>(known - std::begin(kActions));
  stage.name = action;
  members.Text("name", stage.name);
  if (members.Text("group", group)) {
    const auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& one) { return one.name == group; });
    if (found == groups.end()) members.Fail("group \"" + group + "\" is none of the groups");
    stage.group = static_cast<std::size_t>(found - groups.begin());
  }
  members.Number("over", stage.over, 0, kMostSeconds);
  members.Number("rate", stage.rate, 0.001, kMostRate);
  members.Number("seconds", stage.seconds, 0.001, kMostSeconds);
  members.Text("filter", stage.filter);
  members.Flag("retain", stage.retain);
  members.Flag("unfinished", stage.unfinished);
  const bool has_rate = stage.action == Action::kPublish || stage.action == Action::kReconnect;
  if (has_rate && (stage.rate == 0 || stage.seconds == 0)) members.Fail(action + " needs \"rate\" and \"seconds\"");
  if (!has_rate && stage.rate != 0) members.Fail("rate is for publish and reconnect; say \"over\": SECONDS");
  if (stage.action == Action::kWait && stage.seconds == 0) members.Fail("wait needs \"seconds\"");
  if (Status end = members.End(); !end) return end.error();
  return stage;
}

}  // namespace

const char* ActionName(Action action) { return kActions[static_cast<std::size_t>(action)]; }

Result<Scenario> ParseScenario(std::string_view text, const std::string& where) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return Error{ErrorCode::kBadInput, "is no JSON", where};
  Scenario scenario;
  Members members(parsed, where);
  members.Text("name", scenario.name);
  members.Number("seed", scenario.seed, 0, 9e15);
  const json* groups = members.Take("groups");
  const json* stages = members.Take("stages");
  if (groups == nullptr || !groups->is_array() || groups->empty()) members.Fail("has no list of groups");
  if (stages == nullptr || !stages->is_array() || stages->empty()) members.Fail("has no list of stages");
  if (Status end = members.End(); !end) return end.error();
  for (std::size_t i = 0; i < groups->size(); ++i) {
    Result<Group> group = ReadGroup((*groups)[i], where + ", group " + std::to_string(i + 1));
    if (!group) return group.error();
    scenario.groups.push_back(*std::move(group));
  }
  for (std::size_t i = 0; i < stages->size(); ++i) {
    Result<Stage> stage = ReadStage((*stages)[i], scenario.groups, where + ", stage " + std::to_string(i + 1));
    if (!stage) return stage.error();
    scenario.stages.push_back(*std::move(stage));
  }
  return scenario;
}

}  // namespace mqtrack::stress
