#include "libtrack/analysis/gate/gate_config.h"

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"

namespace mqtrack::analysis {
namespace {

using Json = nlohmann::json;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::uint64_t kMaxFileBytes = 4 << 20;
constexpr std::string_view kSchema = "mqtrack-gate-config/1";
constexpr std::array<std::string_view, 16> kTopKeys = {"schema",       "sample_type", "max_growth", "max_site_growth",
                                                       "max_total",    "max_lost",    "fail_on",    "expect",
                                                       "per",          "min_objects", "sites",      "ignore",
                                                       "suppressions", "kept",        "baseline",   "allow_unrecorded"};
constexpr std::array<std::string_view, 3> kSiteKeys = {"function", "max_growth", "reason"};

Error BadInput(std::string text, const std::string& where) { return {ErrorCode::kBadInput, std::move(text), where}; }

/// Every key of `object` must be known; a misspelt limit would otherwise be a gate that never closes.
template <typename Names>
Status CheckKeys(const Json& object, const Names& known, const std::string& where) {
  for (const auto& [key, value] : object.items()) {
    bool found = false;
    for (const std::string_view name : known) found = found || key == name;
    if (found) continue;
    const std::string nearest = support::Nearest(key, {known.begin(), known.end()});
    std::string text = "unknown key " + Quoted(key);
    if (!nearest.empty()) {
      text += "; did you mean \"" + nearest + "\"?";
    } else {
      text += "; known keys: ";
      for (const std::string_view name : known) text += (name == known[0] ? "" : ", ") + std::string(name);
    }
    return BadInput(text, where);
  }
  return {};
}

/// The parser keeps the last of two values with the same key, which would quietly replace a limit.
class DuplicateKeys {
 public:
  void See(int depth, Json::parse_event_t event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      if (seen_.size() <= level + 1) seen_.resize(level + 2);
      seen_[level + 1].clear();  // the keys of an object are one level deeper than the object
    } else if (event == Json::parse_event_t::key && first_.empty()) {
      if (seen_.size() <= level) seen_.resize(level + 1);
      const auto& key = parsed.get_ref<const std::string&>();
      if (!seen_[level].insert(key).second) first_ = key;
    }
  }
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::vector<std::set<std::string>> seen_;  // by depth
  std::string first_;
};

Result<Limit> ParseLimit(std::string_view text, const std::string& where) {
  if (const Result<std::int64_t> count = support::ParseCount(text)) return Limit{*count, false, std::string(text)};
  if (const Result<std::int64_t> bytes = support::ParseBytes(text)) return Limit{*bytes, true, std::string(text)};
  return BadInput(Quoted(text) + " is not a limit; write a whole number or a size, such as 1000 or 64KiB", where);
}

Result<Limit> LimitFromJson(const Json& value, const std::string& where) {
  if (value.is_string()) return ParseLimit(value.get_ref<const std::string&>(), where);
  if (value.is_number_integer()) return ParseLimit(value.dump(), where);
  return BadInput(std::string("expected a whole number or a size such as \"64KiB\", found ") + value.type_name(),
                  where);
}

/// One limit for the default sample type, or an object of limits by sample type.
Result<LimitsByType> LimitsFromJson(const Json& value, const std::string& where) {
  LimitsByType limits;
  if (!value.is_object()) {
    Result<Limit> limit = LimitFromJson(value, where);
    if (!limit) return std::move(limit).error();
    limits.emplace("", *std::move(limit));
    return limits;
  }
  for (const auto& [type, text] : value.items()) {
    const std::string type_where = where + "." + Printable(type);
    if (type.empty()) return BadInput("a sample type has no name", where);
    Result<Limit> limit = LimitFromJson(text, type_where);
    if (!limit) return std::move(limit).error();
    limits.emplace(type, *std::move(limit));
  }
  return limits;
}

Status ReadLimits(const Json& root, const char* key, LimitsByType& limits, const std::string& where) {
  if (!root.contains(key)) return {};
  Result<LimitsByType> read = LimitsFromJson(root[key], where + ": " + key);
  if (!read) return std::move(read).error();
  limits = *std::move(read);
  return {};
}

Status ReadString(const Json& object, const char* key, std::string& text, const std::string& where) {
  if (!object.contains(key)) return {};
  if (!object[key].is_string()) return BadInput(std::string(key) + " must be a string", where);
  text = object[key].get<std::string>();
  return {};
}

Status ReadSiteOverride(const Json& entry, GateConfig& config, const std::string& where) {
  if (!entry.is_object()) return BadInput("expected an object with \"function\" and \"max_growth\"", where);
  if (Status keys = CheckKeys(entry, kSiteKeys, where); !keys) return keys;
  if (!entry.contains("function") || !entry["function"].is_string()) {
    return BadInput("\"function\" is missing or no string; it says which sites the limit is for", where);
  }
  if (!entry.contains("max_growth")) return BadInput("\"max_growth\" is missing; without it nothing changes", where);
  Result<NamePattern> pattern = NamePattern::Parse(entry["function"].get_ref<const std::string&>(), where);
  if (!pattern) return std::move(pattern).error();
  SiteOverride site{*std::move(pattern), {}, {}};
  if (Status limits = ReadLimits(entry, "max_growth", site.max_growth, where); !limits) return limits;
  if (Status reason = ReadString(entry, "reason", site.reason, where); !reason) return reason;
  config.sites.push_back(std::move(site));
  return {};
}

Status ReadSites(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.contains("sites")) return {};
  const Json& sites = root["sites"];
  if (!sites.is_array()) return BadInput("sites must be a list of objects", where);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (Status read = ReadSiteOverride(sites[i], config, where + ": sites[" + std::to_string(i) + "]"); !read)
      return read;
  }
  return {};
}

Status ReadIgnore(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.contains("ignore")) return {};
  if (!root["ignore"].is_array()) return BadInput("ignore must be a list of patterns", where);
  for (const Json& pattern : root["ignore"]) {
    if (!pattern.is_string()) return BadInput("ignore must hold strings only", where);
    if (Status added = AddIgnore(config, pattern.get_ref<const std::string&>(), where + ": ignore"); !added)
      return added;
  }
  return {};
}

/// A file named in a configuration lies next to it, wherever the gate is started from.
std::string BesideConfig(const std::string& file, const std::string& config_path) {
  if (file.empty() || file == "-" || config_path == "-") return file;
  const std::filesystem::path path(file);
  if (path.is_absolute()) return file;
  return (std::filesystem::path(config_path).parent_path() / path).string();
}

Status ReadFiles(const Json& root, GateConfig& config, const std::string& where) {
  if (Status read = ReadString(root, "suppressions", config.suppressions_file, where); !read) return read;
  if (Status read = ReadString(root, "kept", config.kept_file, where); !read) return read;
  if (Status read = ReadString(root, "baseline", config.baseline_file, where); !read) return read;
  if (Status read = ReadString(root, "expect", config.expect_file, where); !read) return read;
  config.suppressions_file = BesideConfig(config.suppressions_file, where);
  config.kept_file = BesideConfig(config.kept_file, where);
  config.baseline_file = BesideConfig(config.baseline_file, where);
  config.expect_file = BesideConfig(config.expect_file, where);
  return {};
}

Status ReadPer(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.contains("per")) return {};
  const Json& per = root["per"];
  Result<PerUnit> unit =
      ParsePerUnit(per.is_string() ? per.get_ref<const std::string&>() : per.dump(), where + ": per");
  if (!unit) return std::move(unit).error();
  config.per = *unit;
  return {};
}

Status ReadMinObjects(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.contains("min_objects")) return {};
  Result<Limit> limit = LimitFromJson(root["min_objects"], where + ": min_objects");
  if (!limit) return std::move(limit).error();
  if (limit->is_size) return BadInput("min_objects is a number of objects, not a size", where);
  config.min_objects = limit->value;
  return {};
}

Status ReadFailOn(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.contains("fail_on")) return {};
  if (!root["fail_on"].is_array())
    return BadInput("fail_on must be a list of verdicts, such as [\"lost\", \"leak\"]", where);
  for (const Json& verdict : root["fail_on"]) {
    if (!verdict.is_string()) return BadInput("fail_on must hold strings only", where);
    config.fail_on.push_back(verdict.get<std::string>());
  }
  return {};
}

Status ReadAllowUnrecorded(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.contains("allow_unrecorded")) return {};
  if (!root["allow_unrecorded"].is_boolean()) return BadInput("allow_unrecorded is true or false", where);
  config.allow_unrecorded = root["allow_unrecorded"].get<bool>();
  return {};
}

Status ReadConfig(const Json& root, GateConfig& config, const std::string& where) {
  if (!root.is_object())
    return BadInput("expected a JSON object of limits, such as {\"max_growth\": \"64KiB\"}", where);
  if (Status keys = CheckKeys(root, kTopKeys, where); !keys) return keys;
  std::string schema(kSchema);
  if (Status read = ReadString(root, "schema", schema, where); !read) return read;
  if (schema != kSchema) {
    return BadInput("schema " + Quoted(schema) + " is not " + std::string(kSchema) + "; this version reads no other",
                    where);
  }
  if (Status read = ReadString(root, "sample_type", config.sample_type, where); !read) return read;
  if (Status read = ReadLimits(root, "max_growth", config.max_growth, where); !read) return read;
  if (Status read = ReadLimits(root, "max_site_growth", config.max_site_growth, where); !read) return read;
  if (Status read = ReadLimits(root, "max_total", config.max_total, where); !read) return read;
  if (Status read = ReadLimits(root, "max_lost", config.max_lost, where); !read) return read;
  if (Status read = ReadPer(root, config, where); !read) return read;
  if (Status read = ReadMinObjects(root, config, where); !read) return read;
  if (Status read = ReadAllowUnrecorded(root, config, where); !read) return read;
  if (Status read = ReadFailOn(root, config, where); !read) return read;
  if (Status read = ReadSites(root, config, where); !read) return read;
  if (Status read = ReadIgnore(root, config, where); !read) return read;
  return ReadFiles(root, config, where);
}

}  // namespace

bool GateConfig::has_growth_limit() const { return !max_growth.empty() || !max_site_growth.empty() || !sites.empty(); }

support::Result<GateConfig> ParseGateConfig(std::string_view json, const std::string& where) {
  GateConfig config;
  try {
    DuplicateKeys duplicates;
    const Json root = Json::parse(
        json.begin(), json.end(),
        [&](int depth, Json::parse_event_t event, const Json& parsed) {
          duplicates.See(depth, event, parsed);
          return true;
        },
        true, true);
    if (!duplicates.first().empty()) {
      return BadInput("the key " + Quoted(duplicates.first()) + " is there twice in one object; keep one", where);
    }
    if (Status read = ReadConfig(root, config, where); !read) return read.error();
  } catch (const std::exception& error) {
    return BadInput(JsonErrorText(error.what()), where);
  }
  return config;
}

support::Result<GateConfig> LoadGateConfig(const std::string& path) {
  support::Result<std::string> text = support::ReadFile(path, kMaxFileBytes);
  if (!text) return std::move(text).error();
  return ParseGateConfig(*text, path);
}

support::Status AddLimits(LimitsByType& limits, std::string_view text, const std::string& option) {
  std::set<std::string, std::less<>> seen;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t equals = part.find('=');
    const bool has_type = equals != std::string_view::npos;
    const std::string type(has_type ? part.substr(0, equals) : std::string_view());
    if (has_type && type.empty()) return BadInput("no sample type before = in " + Quoted(part), option);
    Result<Limit> limit = ParseLimit(has_type ? part.substr(equals + 1) : part, option);
    if (!limit) return std::move(limit).error();
    if (!seen.insert(type).second) {
      return BadInput(type.empty() ? "two limits without a sample type; write TYPE=LIMIT" : "two limits for " + type,
                      option);
    }
    limits.insert_or_assign(type, *std::move(limit));
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

support::Status AddIgnore(GateConfig& config, std::string_view pattern, const std::string& option) {
  Result<NamePattern> parsed = NamePattern::Parse(pattern, option);
  if (!parsed) return std::move(parsed).error();
  config.ignore.push_back(*std::move(parsed));
  return {};
}

}  // namespace mqtrack::analysis
