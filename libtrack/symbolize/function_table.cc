#include "libtrack/symbolize/function_table.h"

#include <utility>

namespace mqtrack::symbolize {
namespace {

// A zero byte cannot be part of a name, so different functions have different keys.
std::string KeyOf(const profile::Function& function) {
  std::string key = function.name;
  key.append(1, '\0').append(function.system_name);
  key.append(1, '\0').append(function.filename);
  key.append(1, '\0').append(std::to_string(function.start_line));
  return key;
}

}  // namespace

FunctionTable::FunctionTable(profile::Profile& profile) : profile_(profile) {
  for (std::size_t i = 0; i < profile.functions.size(); ++i) {
    by_key_.emplace(KeyOf(profile.functions[i]), static_cast<profile::FunctionId>(i));
  }
}

profile::FunctionId FunctionTable::Intern(profile::Function function) {
  const auto next = static_cast<profile::FunctionId>(profile_.functions.size());
  const auto [entry, is_new] = by_key_.emplace(KeyOf(function), next);
  if (is_new) profile_.functions.push_back(std::move(function));
  return entry->second;
}

}  // namespace mqtrack::symbolize
