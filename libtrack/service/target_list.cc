#include "libtrack/service/target_list.h"

#include <algorithm>
#include <set>

namespace mqtrack::service {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

/// First parts of paths that mean something else.
const std::set<std::string> kReserved = {"",        ".",       "..",       "api",     "debug", "favicon.ico",
                                         "healthz", "metrics", "page.css", "page.js", "readyz"};

std::string PlainName(const process::RecordedProcess& process) {
  std::string name = process.facts.comm;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

}  // namespace

TargetList::TargetList(std::vector<std::string> wanted, std::string log_dir)
    : wanted_(std::move(wanted)), log_dir_(std::move(log_dir)) {}

bool TargetList::IsWanted(const process::RecordedProcess& process) const {
  if (!process.error.empty()) return false;
  return wanted_.empty() || std::any_of(wanted_.begin(), wanted_.end(),
                                        [&](const std::string& name) { return process::IsMeantBy(process, name); });
}

std::string TargetList::NameFor(const process::RecordedProcess& process, bool is_up) {
  const std::string plain = PlainName(process), with_pid = plain + "-" + std::to_string(process.Pid());
  if (!is_up) return with_pid;
  const auto known = names_.find(process.log_path);
  if (known != names_.end()) return known->second;
  const bool is_taken = std::any_of(names_.begin(), names_.end(), [&](const auto& row) { return row.second == plain; });
  const std::string name = is_taken || kReserved.contains(plain) ? with_pid : plain;
  names_.emplace(process.log_path, name);
  return name;
}

void TargetList::Refresh() {
  const auto now = std::chrono::steady_clock::now();
  if (has_looked_ && now - looked_at_ < kLookEvery) return;
  has_looked_ = true;
  looked_at_ = now;
  auto recorded = process::ListRecorded(log_dir_);
  problem_ = recorded ? "" : recorded.error().ToString();
  targets_.clear();
  if (!recorded) return;
  std::erase_if(*recorded, [this](const auto& process) { return !IsWanted(process); });
  std::stable_sort(recorded->begin(), recorded->end(), [](const auto& a, const auto& b) {
    return a.facts.started_unix_ns < b.facts.started_unix_ns;  // names go to the oldest first
  });
  std::set<std::string> up;
  for (const process::RecordedProcess& process : *recorded) {
    if (process::StateOf(process) == process::ProcessState::kAlive) up.insert(process.log_path);
  }
  std::erase_if(names_, [&](const auto& row) { return !up.contains(row.first); });
  for (process::RecordedProcess& process : *recorded) {
    std::string name = NameFor(process, up.contains(process.log_path));
    targets_.push_back({std::move(name), std::move(process)});
  }
  std::stable_sort(targets_.begin(), targets_.end(),
                   [](const Target& a, const Target& b) { return a.IsUp() > b.IsUp(); });
}

std::vector<Target> TargetList::List() {
  const std::lock_guard lock(mutex_);
  Refresh();
  return targets_;
}

std::optional<Target> TargetList::Find(const std::string& name_or_pid) {
  const std::lock_guard lock(mutex_);
  Refresh();
  for (const Target& target : targets_) {
    if (target.name == name_or_pid || std::to_string(target.process.Pid()) == name_or_pid) return target;
  }
  return std::nullopt;
}

std::optional<Target> TargetList::Single() {
  const std::vector<Target> all = List();
  const auto up = std::count_if(all.begin(), all.end(), [](const Target& target) { return target.IsUp(); });
  if (up == 1 || all.size() == 1) return all.front();
  return std::nullopt;
}

std::vector<std::string> TargetList::Missing() {
  const std::vector<Target> all = List();
  const std::lock_guard lock(mutex_);
  std::vector<std::string> missing;
  for (const std::string& name : wanted_) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Target& target) {
      return target.IsUp() && process::IsMeantBy(target.process, name);
    });
    if (found != all.end()) {
      shown_as_[name] = found->name;
      continue;
    }
    // A series of figures goes on under the name that it had, unless another one has it now.
    const auto known = shown_as_.find(name);
    const bool is_free = known != shown_as_.end() && std::none_of(all.begin(), all.end(), [&](const Target& target) {
                           return target.IsUp() && target.name == known->second;
                         });
    const std::string& shown = is_free ? known->second : name;
    if (std::find(missing.begin(), missing.end(), shown) == missing.end()) missing.push_back(shown);
  }
  return missing;
}

std::string TargetList::Problem() {
  const std::lock_guard lock(mutex_);
  Refresh();
  return problem_;
}

}  // namespace mqtrack::service
