// The list of pass-through functions: its text format, and how a name is looked up in it.
#include "libtrack/analysis/culprit/wrapper_list.h"

#include <algorithm>
#include <iterator>

#include "libtrack/analysis/culprit/wrapper_text.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/cxx_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::analysis {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::string_view kModulePrefix = "module:";
constexpr std::uint64_t kMaxFileBytes = 1 << 20;

/// The longest match so far, and whether it takes out.
struct Decision {
  std::size_t length = 0;
  bool matched = false, removes = false;
  void Consider(std::size_t pattern_length, bool pattern_removes) {
    if (matched && pattern_length < length) return;
    removes = matched && pattern_length == length ? removes || pattern_removes : pattern_removes;
    length = pattern_length;
    matched = true;
  }
};

/// Why `pattern` cannot be one, or nothing.
std::optional<std::string> Refusal(std::string_view pattern) {
  if (pattern.empty()) return "a pattern is missing";
  if (pattern == "*") return "'*' alone would make every function a wrapper";
  const std::size_t star = pattern.find('*');
  const bool at_edge = star == std::string_view::npos || star == 0 || star + 1 == pattern.size();
  if (!at_edge || std::count(pattern.begin(), pattern.end(), '*') > 1) {
    return "'*' is only understood once, at the start or the end, as in packet__*";
  }
  return std::nullopt;
}

}  // namespace

void WrapperList::PatternSet::Add(std::string_view pattern, bool removes) {
  if (pattern.ends_with('*')) {
    prefixes.push_back({std::string(pattern.substr(0, pattern.size() - 1)), removes});
  } else if (pattern.starts_with('*')) {
    suffixes.push_back({std::string(pattern.substr(1)), removes});
  } else {
    exact.push_back({std::string(pattern), removes});
  }
}

void WrapperList::PatternSet::Sort() {
  const auto by_text = [](const Pattern& a, const Pattern& b) {
    return a.text != b.text ? a.text < b.text : a.removes > b.removes;
  };
  std::sort(exact.begin(), exact.end(), by_text);
  std::sort(prefixes.begin(), prefixes.end(), by_text);
  std::stable_sort(suffixes.begin(), suffixes.end(),
                   [](const Pattern& a, const Pattern& b) { return a.text.size() > b.text.size(); });
  prefix_lengths.clear();
  for (const Pattern& pattern : prefixes) prefix_lengths.push_back(pattern.text.size());
  std::sort(prefix_lengths.rbegin(), prefix_lengths.rend());
  prefix_lengths.erase(std::unique(prefix_lengths.begin(), prefix_lengths.end()), prefix_lengths.end());
}

std::optional<bool> WrapperList::PatternSet::Decide(std::string_view name) const {
  const auto find = [](const std::vector<Pattern>& patterns, std::string_view text) {
    const auto found = std::lower_bound(patterns.begin(), patterns.end(), text,
                                        [](const Pattern& p, std::string_view t) { return p.text < t; });
    return found != patterns.end() && found->text == text ? &*found : nullptr;
  };
  if (const Pattern* pattern = find(exact, name)) return !pattern->removes;
  Decision decision;
  for (const std::size_t length : prefix_lengths) {
    if (length > name.size()) continue;
    if (const Pattern* pattern = find(prefixes, name.substr(0, length))) {
      decision.Consider(length, pattern->removes);
      break;
    }
  }
  for (const Pattern& pattern : suffixes) {
    if (name.ends_with(pattern.text)) decision.Consider(pattern.text.size(), pattern.removes);
  }
  if (!decision.matched) return std::nullopt;
  return !decision.removes;
}

Status WrapperList::AddText(std::string_view text, const std::string& where, Target target) {
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    line = line.substr(0, line.find('#'));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    const bool heading = line.starts_with('[') && line.ends_with(']');
    if (line.empty() || heading) continue;
    const bool removes = line.starts_with('!');
    if (removes) line.remove_prefix(1);
    const bool module = line.starts_with(kModulePrefix);
    if (module) line.remove_prefix(kModulePrefix.size());
    if (const auto refusal = Refusal(line)) {
      return Error{ErrorCode::kBadInput, "line " + std::to_string(number) + ": " + *refusal, where};
    }
    (module ? target.modules : target.functions).Add(line, removes);
  }
  target.functions.Sort();
  target.modules.Sort();
  return {};
}

Result<WrapperList> WrapperList::Parse(std::string_view text, const std::string& where) {
  WrapperList list;
  const Target all = {list.functions_, list.modules_}, starts = {list.starts_, list.start_modules_};
  const std::string built_in = "built-in wrapper list";
  if (Status status = AddText(BuiltinFunctionPatterns(), built_in, all); !status) return status.error();
  if (Status status = AddText(BuiltinStartPatterns(), built_in, starts); !status) return status.error();
  for (const PurePattern& pattern : BuiltinPurePatterns()) {
    if (!pattern.is_template) list.pure_.Add(pattern.text, false);
  }
  list.pure_.Sort();
  if (Status status = AddText(text, where, all); !status) return status.error();
  return list;
}

Result<WrapperList> WrapperList::Load(const std::string& extra_file) {
  if (extra_file.empty()) return Parse({}, {});
  const Result<std::string> text = support::ReadFile(extra_file, kMaxFileBytes);
  if (!text) return text.error();
  return Parse(*text, extra_file);
}

void WrapperList::Add(std::vector<AllocationLayer> layers) {
  layers_.insert(layers_.end(), std::make_move_iterator(layers.begin()), std::make_move_iterator(layers.end()));
  std::sort(layers_.begin(), layers_.end(), [](const auto& a, const auto& b) { return a.function < b.function; });
}

const AllocationLayer* WrapperList::FindLayer(std::string_view function_name) const {
  const auto found =
      std::lower_bound(layers_.begin(), layers_.end(), function_name,
                       [](const AllocationLayer& layer, std::string_view name) { return layer.function < name; });
  return found != layers_.end() && found->function == function_name ? &*found : nullptr;
}

bool WrapperList::IsWrapper(std::string_view function_name) const {
  return functions_.Matches(function_name) || functions_.Matches(support::BareName(function_name)) ||
         FindLayer(function_name) != nullptr;
}

bool WrapperList::IsPure(std::string_view function_name) const {
  if (FindLayer(function_name) != nullptr) return true;
  return IsWrapper(function_name) && (pure_.Matches(function_name) || pure_.Matches(support::BareName(function_name)));
}

bool WrapperList::TakesOut(std::string_view function_name) const {
  return functions_.TakesOut(function_name) || functions_.TakesOut(support::BareName(function_name));
}

bool WrapperList::IsStart(std::string_view function_name) const { return starts_.Matches(function_name); }

bool WrapperList::IsStartModule(std::string_view file) const {
  return start_modules_.Matches(support::BaseName(support::WithoutDeletedMark(file)));
}

bool WrapperList::IsWrapperModule(std::string_view file) const {
  return modules_.Matches(support::BaseName(support::WithoutDeletedMark(file)));
}

}  // namespace mqtrack::analysis
